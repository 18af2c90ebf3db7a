"""A clean build of everything without ccache: its wall seconds, and the ten slowest translation units."""
import shutil

from lib import measure

FOLDER = measure.ROOT / "build" / "bench-build"


def main(as_json, arguments):
    del arguments
    shutil.rmtree(FOLDER, ignore_errors=True)
    measure.run(["cmake", "--preset", "release", "-B", FOLDER, "-DSOUK_USE_CCACHE=OFF"])
    cost = measure.run(["cmake", "--build", FOLDER])
    times = {}
    for line in (FOLDER / ".ninja_log").read_text().splitlines()[1:]:
        begin, end, _, output, _ = line.split("\t")
        if output.endswith((".o", ".gch")):
            times[output] = (int(end) - int(begin)) / 1000
    slowest = sorted(times.items(), key=lambda pair: -pair[1])[:10]
    rows = [measure.row("souk", "", "clean build", [cost.wall], "s"), measure.row("souk", "", "clean build, processor", [cost.cpu], "s"),
            measure.row("souk", "", "translation units", [len(times)], "files")]
    rows += [measure.row("souk", "", output.removeprefix("CMakeFiles/").replace(".dir/", ": ", 1), [seconds], "s") for output, seconds in slowest]
    shutil.rmtree(FOLDER)
    measure.report("build", "cmake --build of the library, the binary and every test, no ccache", rows, {}, as_json)

"""Import of a large synthetic event file in constant memory: the peak resident set at a quarter, a half and the whole of 2 GB.

    ./run bench import-large [csv] [GIGABYTES]

The file (JSONL, or CSV) is seeded and has an id for every event, as a shop's own feed has: of events without one an import remembers 24 to
50 bytes each. It grows in place between the imports, each into a fresh shop, and is deleted at the end.
"""
import random
import shutil

from lib import measure

SCRATCH = measure.ROOT / "build" / "bench" / "import-large"
SEED = 20240229
SHOPPERS, ITEMS = 200_000, 50_000
SHARES = (0.25, 0.5, 1.0)
GROWTH = 1.10  # of the peak from the smallest file to the largest that still counts as constant
KINDS = ("view", "view", "view", "view", "cart", "purchase")
HEADER = "id,shopper,session,item,kind,time,value,quantity,currency,order,attributes.store\n"
BLOCK = 50_000  # events written at a time


def events(generator, first, as_csv):
    """A block of lines. Times go up, as in a log; keys are drawn with a heavy head, as shoppers and items are."""
    lines = []
    for number in range(first, first + BLOCK):
        draw = generator.random
        shopper, item = int(SHOPPERS * draw() ** 2), int(ITEMS * draw() ** 3)
        kind = KINDS[int(draw() * len(KINDS))]
        cents = int(100 + 9_900 * draw())
        value = f"{cents // 100}.{cents % 100:02d}"
        time, session, store = 1_483_228_800_000 + number * 700, number // 7, int(draw() * 500)
        if as_csv:
            lines.append(f"e{number},s{shopper},v{session},item-{item},{kind},{time},{value},1,EUR,o{session},{store}\n")
        else:
            lines.append(f'{{"id":"e{number}","shopper":"s{shopper}","session":"v{session}","item":"item-{item}","kind":"{kind}","time":{time},'
                         f'"value":{value},"quantity":1,"currency":"EUR","order":"o{session}","attributes":{{"store":{store}}}}}\n')
    return "".join(lines)


def grow(path, generator, count, size, as_csv):
    """Appends whole blocks until the file has at least `size` bytes; the number of events in it."""
    with path.open("a") as file:
        if as_csv and count == 0:
            file.write(HEADER)
        while file.tell() < size:
            file.write(events(generator, count, as_csv))
            count += BLOCK
    return count


def main(as_json, arguments):
    as_csv = "csv" in arguments
    sizes = [float(argument) for argument in arguments if argument != "csv"]
    whole = sizes[0] if sizes else 2.0
    shutil.rmtree(SCRATCH, ignore_errors=True)
    SCRATCH.mkdir(parents=True)
    path, shop = SCRATCH / ("events.csv" if as_csv else "events.jsonl"), SCRATCH / "shop"
    generator, count, rows, peaks = random.Random(SEED), 0, [], []
    try:
        for share in SHARES:
            count = grow(path, generator, count, share * whole * 1e9, as_csv)
            gigabytes = f"{path.stat().st_size / 1e9:.2f} GB"
            measure.run([measure.SOUK, "init", shop])
            cost = measure.run([measure.SOUK, "--json", "--quiet", "import", shop, path, "--as", "events"])
            if f'"accepted":{count},' not in cost.output:
                raise SystemExit(f"not every event was accepted:\n{cost.output}")
            shutil.rmtree(shop)
            peaks.append(cost.peak_mb)
            rows += [measure.row("souk", "", f"peak memory, {gigabytes}", [cost.peak_mb], "MB"),
                     measure.row("souk", "", f"events per processor second, {gigabytes}", [count / cost.cpu], "events/s"),
                     measure.row("souk", "", f"wall, {gigabytes}", [cost.wall], "s")]
    finally:
        shutil.rmtree(SCRATCH, ignore_errors=True)
    constant = peaks[-1] <= GROWTH * peaks[0]
    measure.report("import-large", f"{count:,} synthetic events, {'CSV' if as_csv else 'JSONL'}, seed {SEED}; memory is "
                   f"{'constant' if constant else 'NOT constant'} within {GROWTH - 1:.0%}", rows,
                   {"peak of the smallest/of the largest": peaks[0] / peaks[-1]}, as_json)
    return 0 if constant else 1

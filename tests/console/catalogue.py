"""A small made-up shop for the browser tests: products, and shoppers with habits. The same every time but for the clock."""

import json
import random
import time

DEPARTMENTS = {
    "Kitchen": {
        "Kettles": ["Copper Kettle", "Steel Kettle", "Glass Kettle", "Travel Kettle"],
        "Tea": ["Green Tea", "Black Tea", "Mint Tea", "Rooibos Tea"],
        "Pans": ["Iron Pan", "Steel Pan", "Wok Pan", "Crepe Pan"],
        "Mugs": ["Stoneware Mug", "Glass Mug", "Enamel Mug"],
    },
    "Garden": {
        "Tools": ["Hand Trowel", "Pruning Shears", "Garden Fork", "Leaf Rake"],
        "Seeds": ["Tomato Seeds", "Basil Seeds", "Sunflower Seeds"],
        "Pots": ["Clay Pot", "Hanging Pot", "Zinc Pot"],
    },
    "Office": {
        "Paper": ["Lined Notebook", "Dotted Notebook", "Sketch Pad"],
        "Pens": ["Fountain Pen", "Gel Pen", "Brush Pen"],
        "Lamps": ["Desk Lamp", "Clip Lamp", "Reading Lamp"],
    },
}
BRANDS = ["Amara", "Birchwood", "Caravel", "Dune & Co", "Ebro", "Fennick"]
COLOURS = ["red", "blue", "green", "black", "white"]
# What goes together: who buys of the first often buys of the second in the same order.
PAIRS = {"Kettles": "Tea", "Pans": "Mugs", "Tools": "Seeds", "Pots": "Seeds", "Paper": "Pens", "Lamps": "Paper"}
PIXEL = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
DAY_MS = 86_400_000
SHOWN = 298  # of the 300: a search shows one of a group


def make_items(rng):
    """300 products; keys P-000 to P-299. P-000 has a title that is dangerous as HTML, P-001 two pictures, P-002 one that is
    broken; the last three are one group."""
    types = [(department, kind, name) for department, kinds in DEPARTMENTS.items() for kind, names in kinds.items() for name in names]
    items = []
    for number in range(300):
        department, kind, name = types[number % len(types)]
        amount = f"{rng.randint(150, 9900) / 100:.2f}"
        offer = {"amount": amount, "currency": "EUR", "availability": rng.choice(["in_stock"] * 8 + ["out_of_stock", "preorder"])}
        if number % 7 == 0:
            offer["was"] = f"{float(amount) * 1.25:.2f}"
        items.append(
            {
                "key": f"P-{number:03}",
                "title": f"{name} {rng.choice(['Classic', 'Compact', 'Large', 'Trio'])} {number}",
                "description": f"A {name.lower()} for every day.\n\nMade to last, and easy to clean.",
                "brand": BRANDS[number % len(BRANDS)],
                "category": [f"{department} > {kind}"],
                "attributes": {"colour": [rng.choice(COLOURS)], "weight_g": rng.randint(20, 2000)},
                "offers": [offer],
                "released": time.strftime("%Y-%m-%dT00:00:00Z", time.gmtime(time.time() - number * 86400)),
            }
        )
    for item, size, amount in zip(items[-3:], ("small", "medium", "large"), ("50.00", "51.00", "52.00")):
        item.update(group="G-1", title="Rain Barrel", brand="Amara", category=["Garden > Pots"], attributes={"size": size})
        item["offers"][0]["amount"] = amount
    items[0]["title"] = "Copper Kettle <img src=x onerror=window.broken=1> & Co"
    items[1]["images"] = [PIXEL, PIXEL]
    items[2]["images"] = [PIXEL[:60]]
    for item in items[:3]:
        item["offers"][0]["availability"] = "in_stock"
    return items


def make_events(rng, items):
    """About 2,000 events of 120 shoppers over the last 60 days; S-000 buys kettles and tea again and again."""
    by_kind = {}
    for item in items:
        by_kind.setdefault(item["category"][0].split(" > ")[1], []).append(item["key"])
    end = int(time.time() * 1000) - 3_600_000
    events = []

    def buy(shopper, order, at, keys):
        for key in keys:
            events.append({"kind": "purchase", "shopper": shopper, "item": key, "order": order, "time": at, "quantity": 1, "value": "5.00"})

    for visit in range(620):
        shopper = f"S-{visit % 120:03}"
        first = "Kettles" if shopper == "S-000" else rng.choice(list(PAIRS))
        at = end - rng.randint(0, 60 * DAY_MS)
        seen = rng.choice(by_kind[first][:8])
        events.append({"kind": "view", "shopper": shopper, "item": seen, "time": at - 60_000})
        keys = [seen, rng.choice(by_kind[PAIRS[first]][:5])]
        if rng.random() < 0.3:
            keys.append(rng.choice(items)["key"])
        buy(shopper, f"O-{visit}", at, dict.fromkeys(keys))
    return sorted(events, key=lambda event: event["time"])


def write(folder, seed=7):
    """Writes items.jsonl and events.jsonl into `folder`; returns the items."""
    rng = random.Random(seed)
    items = make_items(rng)
    for name, records in (("items", items), ("events", make_events(rng, items))):
        with open(folder / f"{name}.jsonl", "w", encoding="utf-8") as file:
            file.writelines(json.dumps(record) + "\n" for record in records)
    return items

"""The headlines of the leadforge funnel in Python: one line for each metric, with its value and the bits of it.

`funnel.c`, `funnel.cpp` and `funnel.rs` print the very same lines; `make test-funnel` compares them.

    python examples/leadforge/funnel.py
"""

import struct
from pathlib import Path

import ripplemark as rm

here = Path(__file__).parent
book = rm.load(here / "funnel.yaml")
result = book.evaluate(
    query="headlines",
    leads=here / "data/leads.parquet",
    opportunities=here / "data/opportunities.parquet",
)

for cell in result:
    if cell.value is None:
        print(cell.metric, "none")
    else:
        (bits,) = struct.unpack("<Q", struct.pack("<d", cell.value))
        print(f"{cell.metric} {cell.value:.6f} {bits:016x}")

"""The first number in Python: python examples/first/first.py"""

from pathlib import Path

import ripplemark as rm

here = Path(__file__).parent
result = rm.load(here / "book.yaml").evaluate(deals=here / "deals.csv")
discount = result.cell("discount")
print(f"discount {discount.value!r} {discount.value.hex()} owner {discount.owner}")

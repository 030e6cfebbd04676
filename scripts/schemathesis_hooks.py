"""What JSON Schema cannot say about a request of docs/openapi.yaml, and its text does.

Such a request is valid to Schemathesis and rightly refused. It is made one that its text allows, too.
"""

import schemathesis


@schemathesis.hook
def before_call(context, case, kwargs):
    if not isinstance(case.body, dict):
        return
    match case.operation.label:
        case "POST /v1/sales/{sale}/orders":
            write_as_integer(case.body)
        case "POST /admin/api/sales":
            make_possible(case.body)


def write_as_integer(order):
    """To JSON Schema, 2.0 is an integer."""
    quantity = order.get("quantity")
    if isinstance(quantity, float) and quantity.is_integer():
        order["quantity"] = int(quantity)


def make_possible(sale):
    """What the document's text says of a sale: its name is measured in bytes, it is of 1970 or later, ends after it
    starts, has each SKU once, and is not decided by SKU where a limit is over several."""
    name = sale.get("name")
    if isinstance(name, str) and 200 < len(name.encode()) <= 4 * 200:
        sale["name"] = name.encode()[:200].decode(errors="ignore")
    start, end = sale.get("starts_at"), sale.get("ends_at")
    if isinstance(start, str) and isinstance(end, str) and (start >= end or start < "1970-01-02"):
        sale["starts_at"], sale["ends_at"] = "2026-11-10T16:00:00Z", "2026-11-11T16:00:00Z"
    items = sale.get("items")
    if isinstance(items, list):
        names = [item.get("sku") if isinstance(item, dict) else None for item in items]
        sale["items"] = [
            item for at, item in enumerate(items) if not isinstance(names[at], str) or names[at] not in names[:at]
        ]
        # Two lanes could each give a buyer their last unit.
        if len(sale["items"]) > 1 and sale.get("per_buyer_limit") is not None and sale.get("ordering") == "sku":
            sale["ordering"] = "sale"

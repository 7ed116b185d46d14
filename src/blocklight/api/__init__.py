"""The public HTTP interface: one router per noun."""

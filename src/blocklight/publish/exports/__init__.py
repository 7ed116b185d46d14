"""Writes any number of published incidents as a file in the formats that others read, in constant memory."""

"""One message type, one record: conversions in pairs, no decisions."""

"""CloudTrail: records of API calls, and the event history."""

"""Whether a host answers."""

import http.client
import urllib.error
import urllib.request


def reach(url: str, timeout: float) -> str | None:
    """Return why a URL cannot be reached, None if its host answers; proxies are used as set."""
    try:
        with urllib.request.urlopen(url, timeout=timeout):  # noqa: S310 - https, or the user's own
            return None
    except urllib.error.HTTPError as error:
        return f"it answers {error.code} {error.reason}"
    except (OSError, http.client.HTTPException, ValueError) as error:
        cause = getattr(error, "reason", None) or error  # urllib wraps what the socket raised
        return str(getattr(cause, "strerror", None) or cause or type(cause).__name__)

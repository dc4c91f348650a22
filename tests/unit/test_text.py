"""What is shown of a URL that may hold a token."""

import pytest

from reprieve.text import concealed, without_secrets

UNSAFE = "0123456789abcdef"


@pytest.mark.parametrize(
    ("url", "begins"),
    [
        (
            f"https://events.example.com/integration/{UNSAFE}/enqueue",
            "https://events.example.com/…",
        ),
        (f"https://events.example.com:8443/{UNSAFE}", "https://events.example.com:8443/…"),
        (f"HTTPS://events.example.com?key={UNSAFE}", "HTTPS://events.example.com/…"),
        (f"https://events.example.com#{UNSAFE}", "https://events.example.com/…"),
        (f"https://user:{UNSAFE}@events.example.com", "https://events.example.com/…"),
        (f"https://events.example.com/a b\n{UNSAFE}", "https://events.example.com/…"),
        (f"htps://events.example.com/{UNSAFE}", "htps://events.example.com/…"),
        (f"https:/events.example.com/{UNSAFE}", "… (hash "),
        (f"events.example.com/{UNSAFE}", "… (hash "),
        (UNSAFE, "… (hash "),
    ],
)
def test_a_url_is_shown_without_its_token(url, begins):
    """But two URLs of one host differ, so that a review shows that one replaces the other."""
    assert UNSAFE not in concealed(url)
    assert concealed(url).startswith(begins)
    assert concealed(url) != concealed(url.replace(UNSAFE, "0"))


@pytest.mark.parametrize("url", ["https://example.com", "https://example.com/", "https://[::1"])
def test_a_url_without_a_path_is_shown(url):
    """It says what is wrong, and hides nothing."""
    assert concealed(url) == url


def test_only_the_urls_in_a_text_are_concealed():
    """Whatever surrounds them."""
    found = without_secrets(f'url = "https://a.example.com/{UNSAFE}", arn = "arn:aws:sqs:x"')
    assert found.startswith('url = "https://a.example.com/… (hash ')
    assert found.endswith(')", arn = "arn:aws:sqs:x"')

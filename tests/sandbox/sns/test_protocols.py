"""What the subscribers of each protocol get, and what happens if they do not get it."""

import json
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from botocore.exceptions import ClientError

from sandbox.core.account import ACCOUNT_ID
from tests.support.emulated_account import REGION, SNS, TOPIC_ARN, allow, policy

PHONE = "+15555550100"
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:pager"
MESSAGE = json.dumps({"severity": "critical", "key": {"id": "k"}})


class Listener:
    """A web endpoint that records what it gets, and answers with `status`."""

    def __init__(self):
        self.requests: list[tuple[str, dict[str, str], str]] = []
        self.status = 200
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                listener.requests.append((self.path, dict(self.headers), body))
                self.send_response(listener.status)
                self.end_headers()

            def log_message(self, *given):
                """Log nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def bodies(self, kind):
        """Return the bodies of the requests of a kind."""
        header = "x-amz-sns-message-type"
        return [body for _, headers, body in self.requests if headers[header] == kind]


@pytest.fixture
def listener():
    """Run a web endpoint on this machine."""
    found = Listener()
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture
def sns(sandbox):
    """Return an SNS client of an account with a topic."""
    client = sandbox.client("sns", REGION)
    client.create_topic(Name="alerts")
    return client


def subscribe(sns, protocol, endpoint, **attributes):
    """Subscribe an endpoint; return the ARN of the subscription."""
    return sns.subscribe(
        TopicArn=TOPIC_ARN,
        Protocol=protocol,
        Endpoint=endpoint,
        Attributes=attributes,
        ReturnSubscriptionArn=True,
    )["SubscriptionArn"]


def make_queue(sandbox, name, account=ACCOUNT_ID):
    """Create a queue that lets SNS in; return its ARN."""
    sqs = sandbox.client("sqs", REGION, account)
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    document = policy(allow("sqs:SendMessage", Principal=SNS))
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": document})
    return f"arn:aws:sqs:{REGION}:{account}:{name}"


def received(sandbox, name, account=ACCOUNT_ID):
    """Return the messages that a queue has got."""
    sqs = sandbox.client("sqs", REGION, account)
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    return sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
    ).get("Messages", [])


def outcomes(sandbox):
    """Return the protocol and the error of each notification."""
    sandbox.settle()
    return [(each.protocol, each.error) for each in sandbox.notifications]


def test_a_phone_gets_the_text(sandbox, sns):
    """A message with the structure `json` has a text for each protocol."""
    subscribe(sns, "sms", PHONE)
    sns.publish(TopicArn=TOPIC_ARN, Message="help")
    texts = {"default": "long", "sms": "short"}
    sns.publish(TopicArn=TOPIC_ARN, Message=json.dumps(texts), MessageStructure="json")
    sandbox.settle()
    found = [(each.endpoint, each.body, each.error) for each in sandbox.notifications]
    assert found == [(PHONE, "help", None), (PHONE, "short", None)]


def test_a_web_endpoint_confirms_and_gets_the_message(sandbox, sns, listener):
    """By the link in SNS's request. Before that it gets nothing, and is pending."""
    sandbox.map_endpoint("https://alerts.example.com", listener.url)
    arn = subscribe(sns, "https", "https://alerts.example.com/aws")
    sns.publish(TopicArn=TOPIC_ARN, Message="lost")
    sandbox.settle()
    ((path, headers, body),) = listener.requests
    request = json.loads(body)
    assert (path, request["Type"]) == ("/aws", "SubscriptionConfirmation")
    assert headers["x-amz-sns-message-type"] == "SubscriptionConfirmation"
    attributes = sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    assert attributes["PendingConfirmation"] == "true"
    assert attributes["ConfirmationWasAuthenticated"] == "false"
    with urllib.request.urlopen(request["SubscribeURL"]) as answer:
        assert arn in answer.read().decode()
    sns.publish(TopicArn=TOPIC_ARN, Message="help", Subject="a subject")
    sandbox.settle()
    (body,) = listener.bodies("Notification")
    content = json.loads(body)
    assert {name: content[name] for name in ("Type", "TopicArn", "Message", "Subject")} == {
        "Type": "Notification",
        "TopicArn": TOPIC_ARN,
        "Message": "help",
        "Subject": "a subject",
    }
    assert {"MessageId", "Timestamp", "Signature", "SigningCertURL", "UnsubscribeURL"} <= set(
        content
    )
    assert listener.requests[1][1]["x-amz-sns-subscription-arn"] == arn


def confirmed(sandbox, sns, listener, **attributes):
    """Subscribe a web endpoint, and confirm it with the call; return the ARN."""
    arn = subscribe(sns, "http", listener.url, **attributes)
    sandbox.settle()
    token = json.loads(listener.bodies("SubscriptionConfirmation")[-1])["Token"]
    answer = sns.confirm_subscription(
        TopicArn=TOPIC_ARN, Token=token, AuthenticateOnUnsubscribe="true"
    )
    assert answer["SubscriptionArn"] == arn
    return arn


def test_a_wrong_token_confirms_nothing(sandbox, sns, listener):
    """And without a request for it, the answer to Subscribe does not show the ARN."""
    answer = sns.subscribe(TopicArn=TOPIC_ARN, Protocol="http", Endpoint=listener.url)
    assert answer["SubscriptionArn"] == "pending confirmation"
    with pytest.raises(ClientError, match="InvalidParameter"):
        sns.confirm_subscription(TopicArn=TOPIC_ARN, Token="guessed")  # noqa: S106


def test_a_raw_message_is_the_text_alone(sandbox, sns, listener):
    """With a header that says so, and the content type of the delivery policy."""
    delivery = json.dumps({"requestPolicy": {"headerContentType": "application/json"}})
    confirmed(sandbox, sns, listener, RawMessageDelivery="true", DeliveryPolicy=delivery)
    sns.publish(TopicArn=TOPIC_ARN, Message=MESSAGE)
    sandbox.settle()
    assert listener.bodies("Notification") == [MESSAGE]
    headers = listener.requests[-1][1]
    assert headers["x-amz-sns-rawdelivery"] == "true"
    assert headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(("status", "attempts"), [(503, 3), (429, 3), (404, 1)])
def test_a_message_that_an_endpoint_refuses_becomes_a_dead_letter(
    sandbox, sns, listener, status, attempts
):
    """After the retries of the delivery policy; a client error is permanent."""
    redrive = json.dumps({"deadLetterTargetArn": make_queue(sandbox, "letters")})
    delivery = json.dumps({"healthyRetryPolicy": {"numRetries": 2}})
    confirmed(sandbox, sns, listener, RedrivePolicy=redrive, DeliveryPolicy=delivery)
    listener.status = status
    sns.publish(TopicArn=TOPIC_ARN, Message="help")
    sandbox.settle()
    assert len(listener.bodies("Notification")) == attempts
    (dead,) = received(sandbox, "letters")
    assert json.loads(dead["Body"])["Message"] == "help"
    assert dead["MessageAttributes"]["ErrorCode"]["StringValue"] == str(status)
    assert outcomes(sandbox)[-1] == ("http", f"{listener.url} answered HTTP {status}")


def test_the_sandbox_calls_no_other_machine(sandbox, sns):
    """An endpoint without a listener cannot be reached."""
    subscribe(sns, "https", "https://alerts.example.com/aws")
    ((protocol, error),) = outcomes(sandbox)
    assert protocol == "https"
    assert "no listener" in error
    with pytest.raises(ValueError, match="not on this machine"):
        sandbox.map_endpoint("https://alerts.example.com", "https://alerts.example.com")


@pytest.mark.parametrize("raw", ["false", "true"])
def test_a_queue_gets_the_envelope_or_the_text(sandbox, sns, raw):
    """With the attributes of the message."""
    subscribe(sns, "sqs", make_queue(sandbox, "pager"), RawMessageDelivery=raw)
    attributes = {"severity": {"DataType": "String", "StringValue": "critical"}}
    sns.publish(TopicArn=TOPIC_ARN, Message="help", MessageAttributes=attributes)
    (message,) = received(sandbox, "pager")
    if raw == "true":
        assert message["Body"] == "help"
        assert message["MessageAttributes"]["severity"]["StringValue"] == "critical"
        return
    content = json.loads(message["Body"])
    assert (content["Type"], content["Message"]) == ("Notification", "help")
    assert content["MessageAttributes"]["severity"]["Value"] == "critical"


def test_the_queue_of_another_account_has_to_confirm(sandbox, sns):
    """The request for it is a message in the queue."""
    other = "222233334444"
    sandbox.add_account(other)
    subscribe(sns, "sqs", make_queue(sandbox, "pager", other))
    sns.publish(TopicArn=TOPIC_ARN, Message="lost")
    sandbox.settle()
    (request,) = received(sandbox, "pager", other)
    link = json.loads(request["Body"])["SubscribeURL"]
    with urllib.request.urlopen(link) as answer:
        assert answer.status == 200
    sns.publish(TopicArn=TOPIC_ARN, Message="help")
    sandbox.settle()
    (message,) = received(sandbox, "pager", other)
    assert json.loads(message["Body"])["Message"] == "help"


def make_function(sandbox, *statements):
    """Create the function `pager`, which these callers may invoke."""
    client = sandbox.client("lambda", REGION)
    role = sandbox.client("iam", REGION).create_role(
        RoleName="pager",
        AssumeRolePolicyDocument=policy(
            {
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ),
    )["Role"]["Arn"]
    client.create_function(
        FunctionName="pager",
        Runtime="python3.11",
        Role=role,
        Handler="index.handler",
        Code={"ZipFile": b"x"},
    )
    for number, given in enumerate(statements):
        client.add_permission(FunctionName="pager", StatementId=str(number), **given)


INVOKE = {"Action": "lambda:InvokeFunction", "Principal": "sns.amazonaws.com"}


@pytest.mark.parametrize(
    ("statements", "error"),
    [
        ([INVOKE], None),
        ([{**INVOKE, "SourceArn": TOPIC_ARN}], None),
        ([{**INVOKE, "SourceArn": f"{TOPIC_ARN}-too"}], "does not allow sns.amazonaws.com"),
        ([], "does not allow sns.amazonaws.com lambda:InvokeFunction"),
        (None, "does not exist"),
    ],
)
def test_a_function_is_invoked_if_its_policy_lets_sns_do_it(sandbox, sns, statements, error):
    """With the event of SNS. The sandbox does not run it."""
    if statements is not None:
        make_function(sandbox, *statements)
    subscribe(sns, "lambda", FUNCTION)
    sns.publish(TopicArn=TOPIC_ARN, Message="help")
    sandbox.settle()
    (found,) = sandbox.notifications
    if error:
        assert error in found.error
        return
    assert found.error is None
    (record,) = json.loads(found.body)["Records"]
    assert record["EventSource"] == "aws:sns"
    assert (record["Sns"]["Message"], record["Sns"]["TopicArn"]) == ("help", TOPIC_ARN)


@pytest.mark.parametrize(
    ("scope", "wanted", "arrives"),
    [
        ("MessageBody", {"severity": ["critical"]}, True),
        ("MessageBody", {"key": {"id": ["k"]}}, True),
        ("MessageBody", {"severity": ["info", "warning"]}, False),
        ("MessageAttributes", {"severity": ["critical"]}, False),
        ("MessageAttributes", {"team": ["security"]}, True),
    ],
)
@pytest.mark.parametrize("protocol", ["sms", "sqs", "email"])
def test_a_filter_policy_selects_messages(sandbox, sns, protocol, scope, wanted, arrives):
    """By the body or by the attributes of a message, also if the scope is set later."""
    endpoints = {"sms": PHONE, "sqs": make_queue(sandbox, "pager"), "email": "a@example.com"}
    arn = subscribe(sns, protocol, endpoints[protocol])
    for name, value in (("FilterPolicyScope", scope), ("FilterPolicy", json.dumps(wanted))):
        sns.set_subscription_attributes(
            SubscriptionArn=arn, AttributeName=name, AttributeValue=value
        )
    attributes = {"team": {"DataType": "String", "StringValue": "security"}}
    sns.publish(TopicArn=TOPIC_ARN, Message=MESSAGE, MessageAttributes=attributes)
    sandbox.settle()
    mails = [mail for mail in sandbox.mails if mail.recipients]
    assert len(sandbox.notifications) + len(mails) == arrives


def test_a_text_does_not_pass_a_filter_on_the_body(sandbox, sns):
    """SNS Developer Guide, "Filter policy scope": only JSON can match."""
    wanted = {"FilterPolicy": '{"severity": ["critical"]}', "FilterPolicyScope": "MessageBody"}
    subscribe(sns, "sms", PHONE, **wanted)
    sns.publish(TopicArn=TOPIC_ARN, Message="critical")
    assert outcomes(sandbox) == []

"""Answers the calls to KMS, and writes their CloudTrail records."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.cloudtrail import records
from sandbox.cloudtrail.log import Log
from sandbox.core.errors import AwsError, SandboxCannot
from sandbox.core.quotas import Limits
from sandbox.gateway.call import VIA, App, Call, Json, ask_moto
from sandbox.iam.principals import caller_of
from sandbox.kms import calls, log_entries
from sandbox.kms.request import KmsCall


class KmsFront:
    """KMS as its callers see it.

    `service_of` returns the AWS service that uses an access key, or an empty text.
    """

    def __init__(
        self, moto: App, limits: Limits, log: Log, service_of: Callable[[str], str]
    ) -> None:
        self._moto = moto
        self._limits = limits
        self._log = log
        self._service_of = service_of

    def answer(self, call: Call) -> Json:
        """Answer a call, and record it. Raise AwsError with KMS's own code."""
        via = call.environ[VIA] or self._service_of(call.access_key)
        caller = caller_of(call.access_key, call.region, via=via)
        kms_call = KmsCall(
            call.operation,
            call.parameters,
            caller,
            call.region,
            forward=lambda parameters: ask_moto(self._moto, call, parameters),
        )
        response: Json | None = None
        failure: tuple[str, str] | None = None
        try:
            response = calls.answer(kms_call, self._limits)
        except SandboxCannot:
            raise  # AWS might have accepted the call, so there is nothing to record.
        except AwsError as error:
            # CloudTrail shortens this one name.
            code = "AccessDenied" if error.code == "AccessDeniedException" else error.code
            failure = (code, error.message)
            raise
        finally:
            if response is not None or failure is not None:
                self._record(kms_call, call, response, failure)
        return response

    def _record(
        self,
        kms_call: KmsCall,
        call: Call,
        response: Json | None,
        failure: tuple[str, str] | None,
    ) -> None:
        # EventBridge delivers read-only calls only to rules in a state that PutRule refuses here.
        if not records.is_write(call.operation):
            return
        via = kms_call.caller.via
        origin = records.Origin(
            caller=kms_call.caller,
            region=call.region,
            user_agent=via or call.environ.get("HTTP_USER_AGENT", ""),
            source=via or call.environ.get("REMOTE_ADDR", ""),
            request_id=call.request_id,
        )
        record = records.kms_record(
            call.operation,
            origin,
            parameters=log_entries.logged_parameters(kms_call),
            key_arns=kms_call.key_arns,
            response=None if response is None else log_entries.logged_response(kms_call, response),
            error=failure,
        )
        self._log.write(record)

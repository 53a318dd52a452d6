"""``/api/v1``: the routers of the apps, one way in, one way to say no, one document."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.urls import URLPattern, path, re_path
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from ahgd_ops.api import problems, reference
from ahgd_ops.api.answers import MEDIA_TYPE
from ahgd_ops.api.callers import BearerToken, SignedIn
from alerts.api.cases import router as cases_router
from alerts.api.operations import router as alerts_router
from alerts.api.rules import router as rules_router

DESCRIPTION = (
    "Alerts for programs. Make a token under Admin, API tokens, choose its scopes, and send it as "
    "Authorization: Bearer ahgd_.... A token may never do more than its owner."
)
ROUTERS = (("/alerts", alerts_router), ("/rules", rules_router), ("/rules", cases_router))


class Api(NinjaAPI):
    def get_openapi_schema(self, *, path_prefix: str | None = None, path_params: Any = None) -> OpenAPISchema:
        """The document; its problems are said to be problem JSON, which django-ninja cannot tell from other JSON."""
        document = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        for path_item in document["paths"].values():
            for operation in path_item.values():
                for status, response in operation["responses"].items():
                    if int(status) >= 400 and "application/json" in response.get("content", {}):
                        response["content"] = {MEDIA_TYPE: response["content"]["application/json"]}
        return document


api = Api(
    title="AHGD Ops",
    version="1",
    description=DESCRIPTION,
    docs_url=None,
    urls_namespace="api",
    auth=[BearerToken(), SignedIn()],
)
problems.install(api)
for prefix, router in ROUTERS:
    api.add_router(prefix, router)


def urls() -> list[URLPattern]:
    """Its addresses. They refuse for themselves, in JSON, whom the console would send to its sign-in page."""
    patterns = [pattern for pattern in api.urls[0] if isinstance(pattern, URLPattern)]
    for pattern in patterns:
        is_root = pattern.name == "api-root"
        pattern.callback = login_not_required(problems.nothing_here if is_root else pattern.callback)
    page = path("docs", reference.page, {"api": api}, name="docs")
    return [*patterns, page, re_path("", login_not_required(problems.nothing_here))]

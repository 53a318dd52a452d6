"""A view that does nothing, and one that makes a check hang."""

import threading
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from monitoring.health import Check, Finding, Status
from monitoring.health.running import run_checks


@dataclass
class Hung(Check):
    """Never comes back."""

    name: ClassVar[str] = "hung"

    def find(self, now: datetime) -> Finding:
        threading.Event().wait()
        return Finding(Status.HEALTHY, "back")


@login_not_required
def plain(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"status": "healthy"})


@login_not_required
def hang(request: HttpRequest) -> HttpResponse:
    threading.Thread(target=run_checks, args=(timezone.now(),), daemon=True).start()
    return JsonResponse({"status": "hanging"})

"""Answers of the project itself, outside any one app."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form was sent from a page that is too old, or by another site."""
    return render(request, "403.html", {"reason": "This page was open too long. Go back, reload it, send again."}, status=403)

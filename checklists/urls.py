"""Addresses of rollouts, checklists and the wizard."""

from django.urls import URLPattern

app_name = "checklists"

urlpatterns: list[URLPattern] = []

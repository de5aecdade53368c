"""Addresses of rollouts, checklists and the wizard."""

from django.urls import path

from checklists.views import wizard, wizard_save

app_name = "checklists"

urlpatterns = [
    path("checklists/new/", wizard.release, name="new"),
    path("checklists/new/mode/", wizard.mode, name="new_mode"),
    path("checklists/new/installed-with/", wizard.installed_with, name="new_installed_with"),
    path("checklists/new/conditions/", wizard.conditions, name="new_conditions"),
    path("checklists/new/check/", wizard.check, name="new_check"),
    path("checklists/new/save/", wizard_save.save, name="new_save"),
]

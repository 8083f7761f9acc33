"""The tab that explains a recommendation and lets visitors edit the purchases."""

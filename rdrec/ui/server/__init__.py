"""Middleware between the network and Gradio: allowed hosts, refused requests, and a fair share for each visitor."""

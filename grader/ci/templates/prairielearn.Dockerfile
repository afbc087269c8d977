FROM python:3.11-slim
RUN apt-get update -qq && apt-get install -y -qq bubblewrap && rm -rf /var/lib/apt/lists/*
COPY fairmark /opt/source
RUN python -m venv /opt/fairmark && \
    /opt/fairmark/bin/pip install --no-cache-dir --extra-index-url https://download.pytorch.org/whl/cpu \
        -c /opt/source/constraints.txt /opt/source

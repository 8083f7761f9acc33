# The explorer on a CPU.  Build: docker build -t rdrec-explorer .   Run: docker run --rm -p 7860:7860 rdrec-explorer
FROM python:3.12-slim

RUN useradd --create-home --uid 1000 rdrec
WORKDIR /home/rdrec/app
COPY requirements.txt requirements.lock ./
RUN pip install --no-cache-dir torch==2.13.0 --index-url https://download.pytorch.org/whl/cpu \
    && pip install --no-cache-dir --no-deps --require-hashes -r requirements.lock
COPY app.py ./
COPY rdrec ./rdrec
COPY assets ./assets
COPY precomputed ./precomputed

USER 1000
ENV RDREC_HOME=/home/rdrec/data
EXPOSE 7860
HEALTHCHECK --start-period=60s --interval=30s CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:7860/config', timeout=5)"]
CMD ["python", "-m", "rdrec", "serve", "--host", "0.0.0.0"]

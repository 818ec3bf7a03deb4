# trnsim in an image: the tool and the Python package, without Swift, package managers or root.
#
#   Scripts/make-wheels dist && docker build --tag trnsim .
#   docker run --rm --user "$(id -u):$(id -g)" --volume "$PWD:/work" trnsim run kernel.py:f
#
# Files come from Debian's packages and the wheel of its Python, chosen by Scripts/image-root, which also runs outside of Docker.
FROM debian:trixie-slim AS files
# Of the release of Debian that the tag names: an older version is not kept by its servers.
# hadolint ignore=DL3008
RUN apt-get update \
  && apt-get install --yes --no-install-recommends busybox-static python3 python3-pip \
  && rm -rf /var/lib/apt/lists/*
COPY Scripts/image-root /build/
COPY dist/*.whl /build/wheels/
RUN /build/image-root /build/wheels /image

FROM scratch
LABEL org.opencontainers.image.title="trnsim" \
  org.opencontainers.image.description="Runs AWS Trainium kernels without a Trainium: their values and their time" \
  org.opencontainers.image.source="https://github.com/trnsim/trnsim" \
  org.opencontainers.image.licenses="Apache-2.0"
COPY --from=files /image /
ENV HOME=/tmp PATH=/usr/local/bin:/usr/bin PYTHONDONTWRITEBYTECODE=1
WORKDIR /work
USER 10001:10001
ENTRYPOINT ["trnsim"]

# Orchestrator on CPU. Every role is the same image: the command says which.
#   docker build -t orchestrator:0.1.0 .
#   docker run --rm -it -v "$PWD/quickstart:/work/quickstart" orchestrator:0.1.0 quickstart
ARG DOTNET_SDK=mcr.microsoft.com/dotnet/sdk:10.0
FROM ${DOTNET_SDK} AS sdk

# Debian 12, whose libtorch, gloo, sentencepiece and cld2 the native code is built for.
FROM debian:12 AS build
COPY --from=sdk /usr/share/dotnet /usr/share/dotnet
ENV PATH=/usr/share/dotnet:$PATH DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates libicu72 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN ./build.sh

FROM debian:12
# (Not slim: that one leaves out documentation.) The shared libraries that native/ links, and the text that quickstart trains on.
RUN apt-get update \
    && apt-get install -y --no-install-recommends libtorch1.13 libgloo0 libsentencepiece0 libcld2-0 libopenblas0-openmp postgresql-doc-15 \
    && for name in libblas.so.3 liblapack.so.3 libopenblas.so.0; do \
         update-alternatives --set "$name-$(uname -m)-linux-gnu" "/usr/lib/$(uname -m)-linux-gnu/openblas-openmp/$name"; done \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --user-group --create-home orchestrator \
    && mkdir /work /data && chown 10001:10001 /work /data
COPY --from=sdk /usr/share/dotnet/host /usr/share/dotnet/host
COPY --from=sdk /usr/share/dotnet/shared /usr/share/dotnet/shared
COPY --from=sdk /usr/share/dotnet/dotnet /usr/share/dotnet/dotnet
COPY --from=build /src/dist /opt/orchestrator
ENV DOTNET_ROOT=/usr/share/dotnet PATH=/opt/orchestrator:/usr/share/dotnet:$PATH
USER 10001:10001
WORKDIR /work
ENTRYPOINT ["orchestrator"]
CMD ["--help"]

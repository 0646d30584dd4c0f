# The sample app. Built by scripts/images.sh, whose build folder holds nothing
# but the static binary.
FROM scratch
COPY whoami /whoami
# Docker lets an unprivileged user listen on port 80 inside a container.
USER 65532:65532
ENV PORT=80
EXPOSE 80
# No shell in here: the binary asks itself.
HEALTHCHECK --interval=1s --timeout=2s --retries=2 CMD ["/whoami", "healthcheck"]
ENTRYPOINT ["/whoami"]
LABEL org.opencontainers.image.title="whoami" \
      org.opencontainers.image.description="Sample app that answers with its version" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0"

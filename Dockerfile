# The program in a container. docs/how-to/container.md explains how to run it, and which rules this file follows.
FROM node:24.21.0-bookworm-slim AS base

FROM base AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY schemas schemas
COPY recipes recipes
COPY scripts scripts
COPY src src
RUN node scripts/build.ts

FROM base AS dependencies
WORKDIR /dependencies
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM base
LABEL org.opencontainers.image.title="workos-migrate" \
      org.opencontainers.image.description="Declarative migration of users and organizations to WorkOS" \
      org.opencontainers.image.licenses="MIT"
ENV NODE_ENV=production \
    STATE_PATH=/state/state.sqlite
WORKDIR /opt/workos-migrate
COPY --from=dependencies /dependencies/node_modules node_modules
COPY --from=build /build/dist dist
COPY package.json LICENSE ./
COPY schemas schemas
COPY recipes recipes
# A new volume gets the owner and the mode of this folder.
RUN install --directory --owner=node --group=node --mode=0700 /state
USER 1000:1000
VOLUME ["/state"]
WORKDIR /work
ENTRYPOINT ["node", "/opt/workos-migrate/dist/cli/main.js"]
CMD ["--help"]

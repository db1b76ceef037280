/** The part of docs/reference/manifest.md that the schema cannot say. */
export const preamble = `# The manifest

<!-- Written by scripts/generate-manifest-docs.ts from schemas/migrate.config.schema.json: change it there. -->

\`migrate.config.yaml\` says what is migrated, from where, and how. It is YAML 1.2, and so JSON is fine as well. A source and a
target are enough to begin with:

\`\`\`yaml
source:
  type: clerk
  users: ./clerk-export.csv
target:
  type: workos
  apiKey: \${WORKOS_API_KEY}
\`\`\`

\`workos-migrate validate\` checks it, with the files it names and the expressions it holds; \`workos-migrate config\` prints the
manifest that is in force, defaults included, and with \`--origins\` where each value comes from; \`workos-migrate schema\` prints its JSON
Schema. An editor that knows the schema completes keys and marks mistakes; many read it from a first line such as

\`\`\`yaml
# yaml-language-server: $schema=./node_modules/workos-migrate/schemas/migrate.config.schema.json
\`\`\`

## Where it is found

Without \`--config\`, the file is \`migrate.config.yaml\`, \`migrate.config.yml\` or \`migrate.config.json\`, in the current folder or the nearest
folder above it. The search ends at the root of a Git repository and at the home folder. Paths in the manifest are relative to its folder.

## How it is put together

From the bottom up, what comes later wins:

1. the **default recipe** of the source's type, so that a minimal manifest maps everything the source has;
2. what the file **extends**, in the order of the list: paths relative to the file that names them, or shipped recipes by name;
3. the **file** itself;
4. the **environment** chosen with \`-e NAME\`, from its \`environments\`.

Objects merge key by key, at every depth. Single values and lists replace what lies beneath. An empty value (\`null\`) takes an inherited key away:

\`\`\`yaml
extends: ./base.yaml
map:
  user:
    lastName: family_name   # replaces one expression of the recipe
    totpSecret: null        # takes another one away
environments:
  rehearsal:
    target: { type: sandbox }
\`\`\`

A source of another type replaces the source beneath with all its options. So \`source: { type: okta, … }\` uses the recipe \`okta\`, which by
itself reads a file.

The result is checked as a whole, so a part may leave out what another one brings.

## References

In values, but never in keys, a reference stands for something that does not belong in the file:

| Written | Stands for |
|---|---|
| \`\${NAME}\` | the environment variable; it is an error if it is not set |
| \`\${NAME:-default}\` | the environment variable, or the default if it is unset or empty |
| \`\${file:path}\` | the text of a file, relative to the file that holds the reference, without its last line end |
| \`$\${\` | the two characters \`\${\` |

- A value that is one whole reference may stand for a number or for \`true\` and \`false\`: \`workers: \${WORKERS:-2}\`.
- Inside \`{ }\` and \`[ ]\`, YAML wants quotes around it: \`{ apiKey: "\${WORKOS_API_KEY}" }\`.
- Expressions (everything under \`map\` except \`from\`, and \`by\`, \`prefer\` and \`updatedAt\` under \`dedupe.user\`) are left as they are: \`\${\` has a meaning in JSONata.
- Only what is in force is resolved: references in other environments, or in values that were replaced, need not be set.
- \`validate --offline\` and \`config --offline\` take unset references as unknown, for a check without the secrets at hand.

## Secrets

Give \`apiKey\` as a reference. A secret is never printed, written to a plan or stored in the state; \`config\` shows \`(secret)\`. An API key that
is written out in the file works, and yields a warning.
`

/** The part of docs/reference/manifest.md that does not come from the schema. */
export const preamble = `# The manifest

<!-- Written by scripts/generate-manifest-docs.ts from schemas/migrate.config.schema.json: change it there. -->

\`migrate.config.yaml\` sets what to migrate, from where, and how. It is YAML 1.2, so JSON works too. A minimal manifest has a source and a target:

\`\`\`yaml
source:
  type: clerk
  users: ./clerk-export.csv
target:
  type: workos
  apiKey: \${WORKOS_API_KEY}
\`\`\`

| Command | What it does |
|---|---|
| \`workos-migrate validate\` | checks the manifest, the files it names and its expressions |
| \`workos-migrate config\` | prints the resulting manifest with all defaults; \`--origins\` shows where each value comes from |
| \`workos-migrate schema\` | prints the JSON Schema |

To get completion and checks in an editor, begin the file with:

\`\`\`yaml
# yaml-language-server: $schema=./node_modules/workos-migrate/schemas/migrate.config.schema.json
\`\`\`

## Where it is found

Without \`--config\`, the command looks for \`migrate.config.yaml\`, \`migrate.config.yml\` or \`migrate.config.json\`. It searches the current folder, then
each folder above it, up to the root of the Git repository or your home folder. Paths in the manifest are relative to its folder.

## How it is put together

The manifest is merged from these parts. Later parts win:

1. the **default recipe** of the source's type
2. the files and recipes in **\`extends\`**, in the order of the list
3. the **file** itself
4. the **environment** that you choose with \`-e NAME\`, from \`environments\`

Objects merge key by key, at every depth. A single value or a list replaces the inherited one. \`null\` removes an inherited key:

\`\`\`yaml
extends: ./base.yaml
map:
  user:
    lastName: family_name   # replaces one expression of the recipe
    totpSecret: null        # removes another one
environments:
  rehearsal:
    target: { type: sandbox }
\`\`\`

A source of another type replaces the inherited source with all its options. For example, \`source: { type: okta, … }\` replaces the file source of
the recipe \`okta\`.

Only the merged result must be complete. Each part can omit what another part has.

## References

Use a reference in a value for anything that does not belong in the file. Keys cannot contain references.

| Write | To insert |
|---|---|
| \`\${NAME}\` | the environment variable; unset is an error |
| \`\${NAME:-default}\` | the environment variable, or the default if it is unset or empty |
| \`\${file:path}\` | the text of a file without its last line end; the path is relative to the file with the reference |
| \`$\${\` | the characters \`\${\` |

- A value that is exactly one reference can be a number, \`true\` or \`false\`: \`workers: \${WORKERS:-2}\`.
- Inside \`{ }\` and \`[ ]\`, YAML needs quotes around it: \`{ apiKey: "\${WORKOS_API_KEY}" }\`.
- Expressions do not take references, because \`\${\` has a meaning in JSONata. Expressions are everything under \`map\` except \`from\`, and \`by\`, \`prefer\` and \`updatedAt\` under \`dedupe.user\`.
- References in other environments, or in replaced values, are not resolved.
- \`validate --offline\` and \`config --offline\` accept unset references, so you can check a manifest without the secrets.

## Secrets

Set \`apiKey\` as a reference. A secret is never printed, written to a plan or stored in the state; \`config\` shows \`(secret)\`. An API key in the file
itself works, but causes a warning.
`

import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { manifestDocs } from './manifest-docs.ts'

// Run after a change of the schema: npx tsx scripts/generate-manifest-docs.ts
writeFileSync(fileURLToPath(new URL('../docs/manifest.md', import.meta.url)), manifestDocs())

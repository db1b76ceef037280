import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'

export type Schema = { [keyword: string]: unknown }

interface Content {
  content?: Record<string, { schema: Schema }>
}

export interface Operation {
  requestBody?: { required?: boolean; content: Record<string, { schema: Schema }> }
  responses: Record<string, Content>
}

export interface OpenApiDocument {
  paths: Record<string, Record<string, unknown>>
  components: { schemas: Record<string, Schema> }
}

const modules = fileURLToPath(new URL('../../node_modules/', import.meta.url))
const source = path.join(modules, '@workos/openapi-spec/open-api-spec.yaml')

/**
 * The published document. Parsing 1.1 MB of YAML takes most of a second, so it is cached as JSON
 * next to the packages.
 */
export function loadOpenApiDocument(): OpenApiDocument {
  const { size, mtimeMs } = statSync(source)
  const cache = path.join(modules, '.cache', `workos-openapi-${size}-${Math.floor(mtimeMs)}.json`)
  try {
    return JSON.parse(readFileSync(cache, 'utf8'))
  } catch {
    const document: OpenApiDocument = parse(readFileSync(source, 'utf8'), { maxAliasCount: -1 })
    mkdirSync(path.dirname(cache), { recursive: true })
    const fresh = `${cache}.${process.pid}`
    writeFileSync(fresh, JSON.stringify(document))
    renameSync(fresh, cache)
    return document
  }
}

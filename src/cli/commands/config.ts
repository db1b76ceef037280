import { basename, dirname, relative } from 'node:path'
import { Document, isCollection, isMap, isNode, isScalar, type Node } from 'yaml'
import { type LoadedManifest, loadManifest } from '../../config/load.ts'
import { shippedRecipes } from '../../config/recipes.ts'
import { inSchemaOrder, manifestSchemaText } from '../../config/schema.ts'
import { withSecrets } from '../../config/secrets.ts'
import { ExitCode } from '../../diagnostics/errors.ts'
import { wantsColor } from '../../diagnostics/printable.ts'
import { formatLocation } from '../../diagnostics/problem.ts'
import { Redactor, redactedValue } from '../../diagnostics/redactor.ts'
import { renderProblems } from '../../diagnostics/render.ts'
import { isObject, jsonText } from '../../json.ts'
import type { Context } from '../context.ts'
import type { defineConfig } from '../definitions/first-steps.ts'
import type { OptionsOf } from '../definitions/options.ts'
import { loadOptions } from '../manifest.ts'

export type ConfigOptions = OptionsOf<typeof defineConfig>

/**
 * `config`: prints the effective manifest with its secrets masked.
 * @throws ManifestError
 */
export async function config(options: ConfigOptions, context: Context): Promise<ExitCode> {
  const { redactor = new Redactor() } = context
  const loaded = await loadManifest(loadOptions(options, context, redactor))
  const color = wantsColor(context.stderr, context.env)
  context.stderr.write(renderProblems(loaded.warnings, { color, cwd: context.cwd, redactor }))
  const { stdout } = context.unmasked ?? context
  const print = (text: string) => stdout.write(context.mask?.ownText(text) ?? text)
  const shown = inSchemaOrder(masked(loaded))
  const origin = (path: string[]) => originText(loaded, path, context.cwd)
  if (options.json) {
    const value = options.origins ? { manifest: shown, origins: originsOf(shown, origin) } : shown
    print(`${jsonText(redactedValue(value, redactor), 2)}\n`)
    return ExitCode.done
  }
  const document = new Document(shown)
  if (options.origins) comment(document.contents, [], origin)
  print(redactor.redact(document.toString({ lineWidth: 0 })))
  return ExitCode.done
}

/** A copy without the tests, with secrets and unset references replaced. */
function masked({ manifest, unresolved }: LoadedManifest): unknown {
  const { tests: _tests, ...configuration } = manifest
  const copy = structuredClone(withSecrets(configuration, '(secret)'))
  for (const path of unresolved) {
    const parent = path.slice(0, -1).reduce<unknown>((value, key) => member(value, key), copy)
    const last = path.at(-1)
    if (last === undefined) continue
    if (Array.isArray(parent)) parent[Number(last)] = '(unknown)'
    else if (isObject(parent)) parent[last] = '(unknown)'
  }
  return copy
}

function member(value: unknown, key: string): unknown {
  if (Array.isArray(value)) return value[Number(key)]
  return isObject(value) ? value[key] : undefined
}

function originText(loaded: LoadedManifest, path: string[], cwd: string): string {
  const at = loaded.originOf(path)
  if (at === undefined) return 'default'
  if (dirname(at.file) === shippedRecipes) return formatLocation({ ...at, file: `recipes/${basename(at.file)}` })
  return formatLocation({ ...at, file: relative(cwd, at.file) || at.file })
}

function originsOf(value: unknown, origin: (path: string[]) => string, path: string[] = []): Record<string, string> {
  const isLeaf = !isObject(value) && !Array.isArray(value)
  if (isLeaf || Object.keys(value).length === 0) return { [path.join('.')]: origin(path) }
  return Object.assign({}, ...Object.entries(value).map(([key, item]) => originsOf(item, origin, [...path, key])))
}

/** Adds the origin of each value as a comment. */
function comment(node: Node | null, path: string[], origin: (path: string[]) => string): void {
  if (isMap(node)) {
    for (const { key, value } of node.items) {
      if (isScalar(key) && isNode(value)) comment(value, [...path, String(key.value)], origin)
    }
  } else if (isCollection(node)) {
    node.items.forEach((item, index) => {
      if (isNode(item)) comment(item, [...path, String(index)], origin)
    })
  }
  if (isScalar(node)) node.comment = ` ${origin(path)}`
}

/** `schema`: prints the JSON Schema of the manifest. */
export async function schema(_options: object, context: Context): Promise<ExitCode> {
  ;(context.unmasked ?? context).stdout.write(manifestSchemaText)
  return ExitCode.done
}

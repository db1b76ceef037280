import type { LoadedManifest } from '../config/load.ts'
import type { ExportStatement } from '../config/manifest-types.ts'
import { ManifestError, UsageError } from '../diagnostics/errors.ts'
import type { Problem } from '../diagnostics/problem.ts'
import { kindDefinition } from '../kinds/registry.ts'
import type { DialectName } from './dialects.ts'
import { FACTS } from './facts.ts'
import type { SqlOptions, StatementRule } from './statements.ts'
import { isMistake, readTemplate, type Template } from './template.ts'

/**
 * Reads `export.sql` and the options of the command. Out: rules for statements, or all problems.
 */

/** Command-line options that override the manifest. */
export interface SqlRequest {
  dialect?: DialectName
  batch?: number
  template?: string
  /** The only kind to export. */
  kind?: string
}

const DEFAULT_BATCH = 1000

/** @throws ManifestError, UsageError */
export function sqlOptions(loaded: LoadedManifest, request: SqlRequest): SqlOptions {
  const said = loaded.manifest.export?.sql
  const dialect = request.dialect ?? said?.dialect
  if (dialect === undefined) throw noDialect()
  const batch = request.batch ?? said?.batch ?? DEFAULT_BATCH
  if (request.template !== undefined) {
    const kind = request.kind ?? 'user'
    return { dialect, batch, rules: new Map([[kind, templateOfOption(request.template, { kind, dialect })]]) }
  }
  const unset = loaded.unresolved.find(([section]) => section === 'export')
  if (unset !== undefined) throw unsetReference(loaded, unset)
  const { rules, problems } = readStatements(loaded, dialect)
  if (problems.length > 0) throw new ManifestError(problems)
  const { kind } = request
  if (kind !== undefined) for (const other of rules.keys()) if (other !== kind) rules.delete(other)
  if (rules.size > 0) return { dialect, batch, rules }
  throw new UsageError({
    code: 'no_statement',
    message: `no statement is set${kind === undefined ? '' : ` for ${kind}`}`,
    hint: "add export.sql.statements to the manifest, or use --template 'update users set workos_id = {{ workos_id }} where id = {{ key }}'",
  })
}

/** Checks `export.sql` beyond the schema. */
export function checkStatements(loaded: LoadedManifest): readonly Problem[] {
  const said = loaded.manifest.export?.sql
  if (said === undefined || loaded.unresolved.some(([section]) => section === 'export')) return []
  return readStatements(loaded, said.dialect).problems
}

function readStatements(
  loaded: LoadedManifest,
  dialect: DialectName,
): { rules: Map<string, StatementRule>; problems: Problem[] } {
  const rules = new Map<string, StatementRule>()
  const problems: Problem[] = []
  for (const [kind, statement] of Object.entries(loaded.manifest.export?.sql?.statements ?? {})) {
    const path = ['export', 'sql', 'statements', kind]
    const found = ruleOf(statement, { kind, dialect })
    if ('rule' in found) rules.set(kind, found.rule)
    else {
      const { at = [], offset, ...problem } = found
      const where = [...path, ...at]
      problems.push({ ...problem, path: where.join('.'), at: loaded.locate(where, offset) })
    }
  }
  return { rules, problems }
}

interface Mistake {
  code: string
  message: string
  hint: string
  /** Path below the statement. */
  at?: readonly string[]
  offset?: number
}

interface Of {
  kind: string
  dialect: DialectName
}

function ruleOf(statement: ExportStatement, of: Of): { rule: StatementRule } | Mistake {
  const { table, set, where, template } = statement
  if (template !== undefined) {
    const other = Object.keys(statement).find((key) => key !== 'template')
    if (other === undefined) return templateRule(template, of)
    const message = `the statement has both template and ${other}`
    return { code: 'template_and_table', message, hint: 'use template alone, or use table, set and where', at: [other] }
  }
  if (table === undefined || set === undefined) {
    const missing = table === undefined ? 'table' : 'set'
    const hint = 'write { table: users, set: { workos_id: workos_id }, where: { id: key } }, or a template'
    return { code: 'missing_key', message: `"${missing}" is missing`, hint }
  }
  const used = { set, where: where ?? { id: 'key' } }
  for (const [part, columns] of Object.entries(used)) {
    for (const [column, fact] of Object.entries(columns)) {
      const mistake = foreign(fact, of.kind)
      if (mistake !== undefined) return { ...mistake, at: [part, column] }
    }
  }
  return { rule: { table: table.split('.'), ...used } }
}

function templateRule(text: string, of: Of): { rule: Template } | Mistake {
  const read = templateOf(text, of)
  return 'pieces' in read ? { rule: read } : { ...read, at: ['template'] }
}

function templateOf(text: string, { kind, dialect }: Of): Template | Mistake {
  const read = readTemplate(text, dialect)
  if (isMistake(read)) return { code: 'bad_template', ...read }
  for (const fact of read.facts) {
    const mistake = foreign(fact, kind)
    if (mistake !== undefined) return mistake
  }
  return read
}

function templateOfOption(text: string, of: Of): Template {
  const read = templateOf(text, of)
  if ('pieces' in read) return read
  const { code, message, hint } = read
  throw new UsageError({ code, message: `--template cannot be used: ${message}`, hint })
}

/** A problem if resources of this kind do not have the value. */
function foreign(fact: string, kind: string): Mistake | undefined {
  const own = [...FACTS, ...Object.keys(kindDefinition(kind).refs).map((role) => `${role}_key`)]
  if (own.includes(fact)) return undefined
  const message = `${kind} has no value ${fact}`
  return { code: 'unknown_value', message, hint: `use one of ${own.join(', ')}` }
}

function noDialect(): UsageError {
  return new UsageError({
    code: 'no_dialect',
    message: 'the SQL dialect is not set',
    hint: 'set export.sql.dialect in the manifest, or add --dialect postgres, mysql or sqlite',
  })
}

export function unsetReference(loaded: LoadedManifest, path: readonly string[]): ManifestError {
  return new ManifestError({
    code: 'unset_reference',
    message: `${path.join('.')} refers to an environment variable or a file that does not exist`,
    hint: 'set the variable or create the file before you run the command',
    path: path.join('.'),
    at: loaded.locate(path),
  })
}

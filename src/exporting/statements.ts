import type { StateResource } from '../state/store.ts'
import { type Dialect, type DialectName, dialectNamed } from './dialects.ts'
import { type Facts, factsOf } from './facts.ts'
import type { Template } from './template.ts'

/** Writes one SQL statement per resource, grouped in transactions. */

/** Columns to set, and columns that select the row, each with the name of a fact. */
export interface RowUpdate {
  /** The schema and the table as separate names. */
  table: readonly string[]
  set: Readonly<Record<string, string>>
  where: Readonly<Record<string, string>>
}

export type StatementRule = RowUpdate | Template

export interface SqlOptions {
  dialect: DialectName
  /** Resources per transaction. */
  batch: number
  /** By kind. Other kinds are omitted. */
  rules: ReadonlyMap<string, StatementRule>
}

export type LeftOut = 'gone' | 'unfit' | 'no_value'

/** Writes the statements of any number of resources. */
export class SqlWriter {
  readonly #options: SqlOptions
  readonly #dialect: Dialect
  readonly #leftOut = new Map<LeftOut, { count: number; first: string }>()
  #open = 0
  #written = 0

  constructor(options: SqlOptions) {
    this.#options = options
    this.#dialect = dialectNamed(options.dialect)
  }

  get written(): number {
    return this.#written
  }

  /** The number of resources without a statement, and the address of the first one. */
  get leftOut(): ReadonlyMap<LeftOut, { count: number; first: string }> {
    return this.#leftOut
  }

  /** @param of the state; must contain only letters and digits */
  start(of: { lineage: string; serial: number }): string {
    const head = `-- WorkOS IDs from workos-migrate state export: state ${of.lineage}, serial ${of.serial}. You can run this file again.`
    return lines([head, ...this.#dialect.prologue])
  }

  add(resource: StateResource): string {
    const rule = this.#options.rules.get(resource.kind)
    if (rule === undefined) return ''
    const statement = resource.gone === undefined ? statementOf(rule, factsOf(resource), this.#dialect) : 'gone'
    if (typeof statement === 'string') {
      this.#leaveOut(statement, resource)
      return ''
    }
    this.#written += 1
    this.#open += 1
    const text = lines([...(this.#open === 1 ? [this.#dialect.begin] : []), `${statement.sql};`])
    return this.#open < this.#options.batch ? text : text + this.end()
  }

  end(): string {
    if (this.#open === 0) return ''
    this.#open = 0
    return lines([this.#dialect.commit])
  }

  #leaveOut(why: LeftOut, { kind, key }: StateResource): void {
    const before = this.#leftOut.get(why)
    this.#leftOut.set(why, { count: (before?.count ?? 0) + 1, first: before?.first ?? `${kind}:${key}` })
  }
}

function statementOf(rule: StatementRule, facts: Facts, dialect: Dialect): { sql: string } | LeftOut {
  return 'pieces' in rule ? filled(rule, facts, dialect) : updateOf(rule, facts, dialect)
}

function filled({ pieces, facts: names }: Template, facts: Facts, dialect: Dialect): { sql: string } | LeftOut {
  let sql = pieces[0] ?? ''
  for (const [index, name] of names.entries()) {
    const value = literalOf(facts[name], dialect)
    if (value === undefined) return 'unfit'
    sql += value + (pieces[index + 1] ?? '')
  }
  return { sql }
}

function updateOf({ table, set, where }: RowUpdate, facts: Facts, dialect: Dialect): { sql: string } | LeftOut {
  const sets: string[] = []
  for (const [column, name] of Object.entries(set)) {
    const value = literalOf(facts[name], dialect)
    if (value === undefined) return 'unfit'
    sets.push(`${dialect.identifier(column)} = ${value}`)
  }
  const conditions: string[] = []
  for (const [column, name] of Object.entries(where)) {
    const fact = facts[name]
    // A statement without a condition would match every row.
    if (fact === undefined || fact === null) return 'no_value'
    const value = dialect.text(fact)
    if (value === undefined) return 'unfit'
    conditions.push(dialect.equals(dialect.identifier(column), value))
  }
  const name = table.map((part) => dialect.identifier(part)).join('.')
  return { sql: `UPDATE ${name} SET ${sets.join(', ')} WHERE ${conditions.join(' AND ')}` }
}

function literalOf(fact: string | null | undefined, dialect: Dialect): string | undefined {
  return fact === undefined || fact === null ? 'NULL' : dialect.text(fact)
}

function lines(texts: readonly string[]): string {
  return texts.map((text) => `${text}\n`).join('')
}

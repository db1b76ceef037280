/**
 * For each command: what it changes, and the schemas of its JSON outputs. Tests check every command
 * and every `--json` against this table.
 */

/**
 * What a command changes: nothing; files on this machine or the state; WorkOS as well; or another
 * system, such as a merge request.
 */
export type Effect = 'none' | 'files' | 'workos' | 'other'

interface Facts {
  effect: Effect
  outputs?: readonly Output[]
}

/** An output for programs. */
export interface Output {
  /** The option that prints it. */
  option: string
  /** The file of its JSON Schema in `schemas`. */
  schema: string
  /** Whether each line is a document of its own. */
  lines: boolean
}

export const FACTS: Readonly<Record<string, Facts>> = {
  init: { effect: 'files' },
  inspect: { effect: 'files', outputs: [json('inspection')] },
  validate: { effect: 'none', outputs: [json('validation')] },
  config: { effect: 'none', outputs: [json('config')] },
  test: { effect: 'none', outputs: [json('tests')] },
  schema: { effect: 'none' },
  export: { effect: 'files', outputs: [json('export')] },
  plan: {
    effect: 'files',
    outputs: [json('plan'), document('--format json', 'plan'), document('--merges', 'merges'), events()],
  },
  apply: { effect: 'workos', outputs: [json('apply'), events()] },
  handoff: { effect: 'files', outputs: [json('handoff')] },
  verify: { effect: 'files', outputs: [json('verification'), events()] },
  explain: { effect: 'files', outputs: [json('explanation')] },
  errors: {
    effect: 'none',
    outputs: [
      json('errors'),
      document('--format json', 'errors'),
      lines('--ndjson', 'error-line'),
      lines('--format ndjson', 'error-line'),
    ],
  },
  state: { effect: 'none' },
  'state list': { effect: 'none', outputs: [lines('--json', 'state-line')] },
  'state show': { effect: 'none', outputs: [json('state')] },
  'state export': { effect: 'other', outputs: [lines('--format ndjson', 'state-line')] },
  'state backup': { effect: 'files' },
  'state restore': { effect: 'files' },
  'state migrate': { effect: 'files' },
  'state rm': { effect: 'files' },
  'state mv': { effect: 'files' },
  'state import': { effect: 'files' },
  destroy: {
    effect: 'workos',
    outputs: [json('apply'), document('--plan-only --json', 'plan'), events()],
  },
  sandbox: { effect: 'files' },
  purge: { effect: 'files', outputs: [json('purge')] },
  doctor: { effect: 'none', outputs: [json('doctor')] },
  pipeline: { effect: 'none' },
  'pipeline note': { effect: 'other' },
  'pipeline reviewed': { effect: 'none' },
  'pipeline outputs': { effect: 'none' },
  completion: { effect: 'none' },
  words: { effect: 'none' },
  help: { effect: 'none', outputs: [json('commands')] },
}

function json(name: string): Output {
  return document('--json', name)
}

function document(option: string, name: string): Output {
  return { option, schema: fileOf(name), lines: false }
}

function lines(option: string, name: string): Output {
  return { option, schema: fileOf(name), lines: true }
}

function events(): Output {
  return lines('--events', 'events')
}

function fileOf(name: string): string {
  return `${name}.schema.json`
}

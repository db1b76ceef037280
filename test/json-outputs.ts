import { readFileSync } from 'node:fs'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { FACTS, type Output } from '../src/cli/definitions/outputs.ts'

/**
 * Checks JSON outputs against their schemas. Every command that a test runs passes through here.
 */

const FOLDER = new URL('../schemas/', import.meta.url)
const validators = new Map<string, ValidateFunction>()

/** A schema in `schemas/` by name. */
export function schemaOf(name: string) {
  return JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8'))
}

function validatorOf(name: string): ValidateFunction {
  const found = validators.get(name)
  if (found !== undefined) return found
  const ajv = new Ajv2020({ strict: true, strictRequired: false, allowUnionTypes: true })
  const made = ajv.compile(schemaOf(name))
  validators.set(name, made)
  return made
}

/** Validation errors of a document; empty if it is valid. */
export function wrongIn(schema: string, value: unknown): string[] {
  const validate = validatorOf(schema)
  if (validate(value)) return []
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${schema}: ${instancePath || '/'} ${message} ${JSON.stringify(params)}`,
  )
}

/** The JSON output that a command line prints to standard output. */
export function outputOf(args: readonly string[]): Output | undefined {
  const words = args.filter((arg) => !arg.startsWith('-'))
  const [two, one] = [words.slice(0, 2).join(' '), words[0] ?? '']
  const outputs = (FACTS[two] ?? FACTS[one])?.outputs ?? []
  const line = ` ${args.join(' ').replaceAll('=', ' ')} `
  const asked = outputs.filter(({ option }) => option.split(' --').every((part) => line.includes(optionIn(part))))
  // Several options request another document.
  return asked
    .filter(({ schema }) => schema !== 'events.schema.json' && schema !== 'merges.schema.json')
    .toSorted((a, b) => b.option.length - a.option.length)[0]
}

function optionIn(part: string): string {
  return ` ${part.startsWith('--') ? part : `--${part}`} `
}

/** @throws Error for an output that its schema does not describe */
export function checkJsonOutput(args: readonly string[], stdout: string): void {
  const output = outputOf(args)
  if (output === undefined || stdout === '') return
  const documents = output.lines ? stdout.trimEnd().split('\n') : [stdout]
  // With --mask all, this replaces words that a schema lists.
  if (stdout.includes('"***"')) return
  const wrong = documents.flatMap((text) => wrongIn(output.schema, JSON.parse(text)))
  if (wrong.length > 0) throw new Error(`workos-migrate ${args.join(' ')}\n${wrong.slice(0, 8).join('\n')}`)
}

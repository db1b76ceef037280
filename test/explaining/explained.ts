import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect } from 'vitest'
import type { Explanation, ExplanationDocument } from '../../src/explaining/explanation.ts'
import type { Project } from '../e2e/cli.ts'
import { KEY } from '../e2e/workos.ts'

const isExplanation = new Ajv2020({ strict: true, strictRequired: false, allowUnionTypes: true }).compile(
  JSON.parse(readFileSync('schemas/explanation.schema.json', 'utf8')),
)

const env = { KEY }

/** A valid bcrypt hash. */
export function bcrypt(name: string): string {
  return `$2b$10$${name.padEnd(53, 'x')}`
}

/** The output of `explain --json`, checked against its schema. */
export async function explained(project: Project, ...args: string[]): Promise<ExplanationDocument> {
  const { exit, stdout, stderr } = await project.run(['explain', ...args, '--json'], { env })
  expect(exit, stderr).toBe(0)
  const document: ExplanationDocument = JSON.parse(stdout)
  expect(isExplanation(document), JSON.stringify(isExplanation.errors)).toBe(true)
  return document
}

/** The only explanation of an output. */
export async function explainedOne(project: Project, ...args: string[]): Promise<Explanation> {
  const { explanations } = await explained(project, ...args)
  expect(explanations.map(({ address }) => address)).toHaveLength(1)
  const [only] = explanations
  if (only === undefined) throw new RangeError('nothing is explained')
  return only
}

/** The text output of `explain`. */
export async function explainedText(project: Project, ...args: string[]): Promise<string> {
  const { exit, stdout, stderr } = await project.run(['explain', ...args], { env })
  expect(exit, stderr).toBe(0)
  return stdout
}

/** Applies the plan. */
export async function applied(project: Project, exit = 0): Promise<void> {
  const result = await project.run(['apply', '--yes'], { env })
  expect(result.exit, result.stderr + result.stdout).toBe(exit)
}

/** The value of one field of the first record's first item. */
export function field({ records }: Explanation, name: string) {
  return records[0]?.rules[0]?.items[0]?.fields.find((one) => one.name === name)
}

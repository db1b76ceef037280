import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { inspectManifest, type LoadOptions, loadManifest } from '../../src/config/load.ts'
import { ManifestError } from '../../src/diagnostics/errors.ts'
import type { Problem } from '../../src/diagnostics/problem.ts'
import { Redactor } from '../../src/diagnostics/redactor.ts'

/** A temporary folder with these files, by relative path. */
export function folderOf(files: Record<string, string | Uint8Array>): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'manifest-')))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
  return folder
}

/** Two lines that complete any fragment to a manifest. */
export const MINIMAL = 'source: { type: csv, path: users.csv }\ntarget: { type: sandbox }\n'

type Options = Partial<LoadOptions>

function optionsFor(folder: string, options: Options): LoadOptions {
  const recipes = join(folder, 'recipes')
  return {
    cwd: folder,
    path: 'migrate.config.yaml',
    redactor: new Redactor(),
    recipes,
    ...options,
    env: options.env ?? {},
  }
}

/** Loads migrate.config.yaml of a folder; its `recipes` folder stands for the shipped ones. */
export function load(folder: string, options: Options = {}) {
  return loadManifest(optionsFor(folder, options))
}

/** Loads a single file. */
export function loadText(text: string, options: Options = {}) {
  return load(folderOf({ 'migrate.config.yaml': text }), options)
}

export function inspect(folder: string, options: Options = {}) {
  return inspectManifest(optionsFor(folder, options))
}

/** The problems of loading. Fails without a ManifestError. */
export async function problemsOf(folder: string, options: Options = {}): Promise<readonly Problem[]> {
  try {
    await load(folder, options)
  } catch (error) {
    if (error instanceof ManifestError && error.exitCode === 3) return error.problems
    throw error
  }
  throw new Error('the manifest was accepted')
}

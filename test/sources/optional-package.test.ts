import { expect, test } from 'vitest'
import { SourceError } from '../../src/diagnostics/errors.ts'
import { loadOptionalPackage } from '../../src/sources/optional-package.ts'

/** The error of Node.js for a missing package. */
function notFound(name: string): Error {
  const error = new Error(`Cannot find package '${name}' imported from /srv/app/node_modules/workos-migrate/dist/x.js`)
  return Object.assign(error, { code: 'ERR_MODULE_NOT_FOUND' })
}

const load = (failure: Error) =>
  loadOptionalPackage('@example/sdk', 'the source example', () => Promise.reject(failure))

test('returns an installed package', async () => {
  expect(await loadOptionalPackage('node:path', 'a test', () => import('node:path'))).toHaveProperty('join')
})

test('names a missing package and the command that installs it', async () => {
  const error = await load(notFound('@example/sdk')).catch((failure: unknown) => failure)
  expect(error).toBeInstanceOf(SourceError)
  expect(error).toMatchObject({
    code: 'package_missing',
    message: 'the source example needs the package @example/sdk, which is not installed',
    hint: expect.stringContaining('npm install @example/sdk'),
  })
})

test('matches the words of Node.js', async () => {
  const absent = ['workos-migrate', 'absent', 'package'].join('-')
  const loading = loadOptionalPackage(absent, 'a test', () => import(/* @vite-ignore */ absent))
  await expect(loading).rejects.toMatchObject({ code: 'package_missing' })
})

test.each([
  ['a dependency of the package', notFound('@example/core')],
  ['an error within the package', new TypeError('x is not a function')],
])('%s is not a missing package', async (_what, failure) => {
  await expect(load(failure)).rejects.toBe(failure)
})

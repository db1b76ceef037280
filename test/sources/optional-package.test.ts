import { expect, test } from 'vitest'
import { SourceError } from '../../src/diagnostics/errors.ts'
import { loadOptionalPackage } from '../../src/sources/optional-package.ts'

/** What Node.js throws where there is no such package. */
function notFound(name: string): Error {
  const error = new Error(`Cannot find package '${name}' imported from /srv/app/node_modules/workos-migrate/dist/x.js`)
  return Object.assign(error, { code: 'ERR_MODULE_NOT_FOUND' })
}

const load = (failure: Error) =>
  loadOptionalPackage('@example/sdk', 'the source example', () => Promise.reject(failure))

test('a package that is there is what was loaded', async () => {
  expect(await loadOptionalPackage('node:path', 'a test', () => import('node:path'))).toHaveProperty('join')
})

test('a package that is not there is named with the command that installs it', async () => {
  const error = await load(notFound('@example/sdk')).catch((failure: unknown) => failure)
  expect(error).toBeInstanceOf(SourceError)
  expect(error).toMatchObject({
    code: 'package_missing',
    message: 'the source example needs the package @example/sdk, which is not installed',
    hint: expect.stringContaining('npm install @example/sdk'),
  })
})

test('the words are those of Node.js itself', async () => {
  const absent = ['workos-migrate', 'absent', 'package'].join('-')
  const loading = loadOptionalPackage(absent, 'a test', () => import(/* @vite-ignore */ absent))
  await expect(loading).rejects.toMatchObject({ code: 'package_missing' })
})

test.each([
  ['one that the package needs', notFound('@example/core')],
  ['a fault within the package', new TypeError('x is not a function')],
])('%s is no missing package', async (_what, failure) => {
  await expect(load(failure)).rejects.toBe(failure)
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { mappingFunctions } from '../../../src/mapping/expression.ts'

const NAMES = ['hash', 'salt', 'n', 'r', 'p', 'rounds', 'digest', 'encoding', 'secretData', 'credentialData', 'type']
const TEXTS = [
  ...[
    '$2b$10$',
    '$argon2id$v=19$',
    '$scrypt$ln=99,r=8,p=1$a$b',
    'pbkdf2_sha256$1$s$aGFzaA==',
    '$fbscrypt$v=1,=,==$a$b',
  ],
  ...['{"value":1}', '{"hashIterations":1,"algorithm":"argon2","additionalParameters":{"memory":[]}}', '1e999', '-1'],
  ...['password', 'hex', 'sha256', ', ,', 'Jr.', '\u202e', '9'.repeat(400), '2023-02-29', '0000-00-00', 'a:b'],
]

const text = fc.oneof(fc.constantFrom(...TEXTS), fc.string({ unit: 'grapheme' }))
const value = fc.oneof(
  text,
  // Serialized and parsed again, since JSON has no negative zero.
  fc.jsonValue({ maxDepth: 2 }).map((json): unknown => JSON.parse(JSON.stringify(json))),
  fc.dictionary(fc.constantFrom(...NAMES), fc.oneof(text, fc.integer(), fc.constant(null))),
)

test.each(
  mappingFunctions.map((called) => [called.name, called] as const),
)('$%s accepts any value, and fails only with a message', (name, { call }) => {
  fc.assert(
    fc.property(fc.array(value, { maxLength: 3 }), (args) => {
      try {
        const result = call(...args)
        expect(result === undefined ? undefined : JSON.parse(JSON.stringify(result))).toEqual(result)
      } catch (error) {
        expect(error instanceof Error && error.message).toContain(`$${name}(): `)
      }
    }),
    { numRuns: 200 },
  )
})

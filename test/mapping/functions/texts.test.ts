import { expect, test } from 'vitest'
import { evaluated } from './evaluated.ts'

test.each([
  ['Ada Example', { first: 'Ada', last: 'Example' }],
  ['  Ada   Maria  Example ', { first: 'Ada Maria', last: 'Example' }],
  ['Vincent van der Beispiel', { first: 'Vincent', last: 'van der Beispiel' }],
  ['María José de la Muestra', { first: 'María José', last: 'de la Muestra' }],
  ['Example, Ada Maria', { first: 'Ada Maria', last: 'Example' }],
  ['van Beispiel, Vincent', { first: 'Vincent', last: 'van Beispiel' }],
  ['Sam Example Jr.', { first: 'Sam', last: 'Example Jr.' }],
  ['Sam Example, Jr.', { first: 'Sam', last: 'Example Jr.' }],
  ['Sam Example III', { first: 'Sam', last: 'Example III' }],
  ['ada maria example', { first: 'ada maria', last: 'example' }],
  ['Ada', { first: 'Ada' }],
  ['Ada,', { first: 'Ada' }],
  ['山田太郎', { first: '山田太郎' }],
  ['Łucja Żółć', { first: 'Łucja', last: 'Żółć' }],
  ['e\u0301lodie\u3000Fixture', { first: 'élodie', last: 'Fixture' }],
  ['', undefined],
  [' , ', undefined],
  [undefined, undefined],
])('%j is split into %j', async (name, expected) => {
  expect(await evaluated('$splitName(v)', name)).toEqual(expected)
})

test.each([
  ['Ada@Example.COM', 'example.com'],
  [' ada@mail.example.com ', 'mail.example.com'],
  ['ada', undefined],
  ['ada@', undefined],
  ['ada@example', undefined],
  [undefined, undefined],
])('the domain of %j is %j', async (email, domain) => {
  expect(await evaluated('$domain(v)', email)).toBe(domain)
})

test.each([
  ['GMAIL.com', true],
  ['example.com', false],
  [undefined, false],
])('whether %j is a public email provider: %j', async (domain, expected) => {
  expect(await evaluated('$isMailProvider(v)', domain)).toBe(expected)
})

/**
 * The environment an `Authorization` header belongs to: what follows `sk_` up to the first dot, so that
 * `sk_test_demo` and `sk_test_demo.2` are two keys of the environment `test_demo`. Undefined: not a key.
 */
export function environmentOfAuthorization(
  header: string | undefined,
): { key: string; environment: string } | undefined {
  const match =
    header === undefined ? null : /^bearer +(sk_([A-Za-z0-9_-]{1,128})(?:\.[A-Za-z0-9_.-]{1,128})?)$/i.exec(header)
  const [, key, environment] = match ?? []
  return key === undefined || environment === undefined ? undefined : { key, environment }
}

/** What the API reference allows for the names and descriptions of roles and permissions. */
export const LABEL = { max: 48 }
export const DESCRIPTION = { max: 150 }

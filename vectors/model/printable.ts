/** Text from a stranger's file for an error: bounded, and without characters that steer a terminal or turn the line around. */
export function printable(text: string, most = 80): string {
  const cut = text.length > most ? `${text.slice(0, most)}…` : text
  return cut.replaceAll(/\p{C}/gu, '\uFFFD')
}

/** A value of a stranger's metadata for an error: texts in quotes, whole numbers of any size. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return `"${printable(value)}"`
  return Array.isArray(value) || ArrayBuffer.isView(value) ? 'a list' : String(value)
}

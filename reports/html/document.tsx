import type { ComponentChildren } from 'preact'
import { styleSheet } from './style.ts'

/** A self-contained page: head, style and the room for what it shows. `vitals`: how many the heat strip can choose from. */
export function Document({
  title,
  vitals,
  children,
}: {
  readonly title: string
  readonly vitals: number
  readonly children: ComponentChildren
}) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="generator" content="duress" />
        <title>{`${title} · duress`}</title>
        <style dangerouslySetInnerHTML={{ __html: styleSheet(vitals) }} />
      </head>
      <body>
        <main>{children}</main>
      </body>
    </html>
  )
}

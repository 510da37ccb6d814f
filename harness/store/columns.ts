/** A row whose fields K lie in the database as JSON text. */
export type Columns<Row, K extends keyof Row> = Omit<Row, K> & Readonly<Record<K, string>>

/** The value of a JSON column; its shape was fixed by the writer of the same column. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the column that is filled names the type
export const fromJson = <T>(text: string): T => JSON.parse(text) as T

import { allSentences, type Sentence } from './sentences.ts'

/** Somebody says that the tests cannot be met: the quoted sentence, and which rule read it. */
export interface Telling {
  readonly rule: string
  readonly span: string
}

/**
 * Whether a text says that the tests (not the writer's code) are wrong, contradict the statement or each other, or cannot be met.
 * Careful rather than complete: a doubt, a question, a condition, a denial and a withdrawn thought are no telling, and neither is a value that is
 * accepted ("the test expects 51, so …") or a mistake of one's own that is named after a test ("the bug in test_5").
 * @param options.stops the text is the reason why its writer stops: who stops over a value does not accept it
 */
export function tellsOfContradiction(text: string, { stops = false } = {}): Telling | undefined {
  const sentences = allSentences(withoutMarks(text))
  for (const [index, sentence] of sentences.entries()) {
    if (isUncertain(sentence) || isWithdrawn(sentences[index + 1])) continue
    const rule = ruleOf(sentence.text) ?? (stops ? stopRuleOf(sentence.text) : undefined)
    if (rule !== undefined) return { rule, span: sentence.raw.slice(0, 240) }
  }
  return undefined
}

/** What follows from the claim blames nobody: "test_5 contradicts the statement, so my solution fails it". */
function ruleOf(text: string): string | undefined {
  for (const part of new Set([withoutConsequence(text), text])) {
    const claim = claims.find(({ shape, unless }) => shape.test(part) && unless?.test(part) !== true)
    if (claim !== undefined && !blamesOwnCode(part)) return claim.rule
  }
  return undefined
}

function withoutConsequence(text: string): string {
  const [tail] = /,? (?:and )?(?:so|therefore|thus|hence|which is why|that is why) [^;]*$/.exec(text) ?? []
  return tail === undefined || repairs.test(tail) ? text : text.slice(0, -tail.length)
}

const stopRuleOf = (text: string): string | undefined =>
  stopClaims.find(({ shape, unless }) => {
    const [span] = shape.exec(text) ?? []
    return span !== undefined && unless?.test(text) !== true && !blamesOwnCode(text) && !accepted.test(text)
  })?.rule

/** Markdown and code marks hide words from the rules: `test_3` is test_3. */
const withoutMarks = (text: string): string =>
  text.replaceAll(/[`*]+|^#+ ?/gm, '').replaceAll(/\bSTOP\b[:.!,-]*/g, 'STOP. ')

const negation = String.raw`(?:not|n't|never|no longer|hardly)`
const testWords = String.raw`(?:tests?(?: (?:case|suite|file|data|method)s?)?|test_?\d+|test_solution(?:\.py)?|assertions?|asserts?|unit tests?|expectations?|expected (?:value|output|result|answer|return value)s?|(?:value|output|result|answer|return value)s? (?:expected|asserted|given|wanted)(?: \w+){0,3}|(?:value|output|result|answer)s? (?:that )?test_?\d+ (?:expects|asserts|wants|gives|has)|examples?)`
/** "the third test", "test case 4", "one of the assertions", "the value that test_2 expects". */
const tests = String.raw`(?:\b(?:the|this|that|these|those|your|its|one of the|some of the|at least one of the|both|all|two|visible|provided|given|(?:first|second|third|fourth|fifth|sixth|seventh|last|\d(?:st|nd|rd|th))) )*(?:(?!(?:of|for|in|on|from|to|with|at) )\w+ )?${testWords}\b(?: (?:#?\d+|test_\d+|itself|themselves|here|above|provided|case))*(?: (?:and|or) (?:#?\d+|test_\d+))?(?: (?:for|of|in|on|at|with|from|given in) (?:[^,.;]{1,60}?))?(?: \([^)]{1,60}\))?`
const faulty = String.raw`(?:wrong|incorrect|inconsistent|contradictory|self-contradictory|conflicting|invalid|flawed|faulty|mistaken|erroneous|bogus|buggy|broken|impossible|unsatisfiable|unreasonable|unrealistic|infeasible|inaccurate|a (?:mistake|typo|bug|contradiction)|off by (?:one|\d+)|an (?:error|inconsistency)|in (?:error|conflict|contradiction))`
const looks = String.raw`(?:is|are|was|were|seems?(?: to be)?|appears?(?: to be)?|looks?(?: like)?|must be|has to be)`
/** What a test can have that its input cannot. */
const holding = String.raw`(?:a (?:mistake|typo|contradiction)|an inconsistency|mistakes|typos|contradictions|inconsistencies|contradictory (?:values?|results?|expectations?))`
const adverb = String.raw`(?:(?:\w+ly|simply|just|also|itself|themselves|indeed|therefore|thus|both|in fact|off by one and) )*`
const statement = String.raw`(?:the |its |this |given )?(?:statement|spec(?:ification)?|description|task(?: description| statement)?|problem(?: statement| description)?|requirements?|docstring|definition|instructions?|rules?|(?:given |stated |own )?examples?|documentation|text|prompt|(?:\w+ )?ones?)`
const each = String.raw`(?:each other|one another|itself|themselves|the other|another|every other|the (?:first|second|third|fourth|fifth|sixth|last|previous|next|others?) ?(?:test|assertion|one)?|test_?\d+|(?:the )?(?:\w+ )?(?:tests?|assertions?)(?: \d+)?)`
const contradict = String.raw`(?:(?:seems? to|appears? to|looks like (?:it|they)) )?(?:contradicts?|contradicting|conflicts? with|conflicting with|disagrees? with|violates?|goes against|go against|do(?:es)? not (?:seem to |appear to )?(?:match|agree with|fit|follow(?: from)?|correspond to|conform to|comply with)|doesn't (?:match|agree with|fit|follow(?: from)?|correspond to)|don't (?:match|agree with|fit|follow(?: from)?|correspond to)|(?:is|are) (?:inconsistent|incompatible|in conflict|in contradiction|at odds|not consistent|not compatible) with|mismatch(?:es)?)`
/** Code in the middle of a sentence: f([1, 2]) == 4. */
const written = String.raw`(?: (?=\S*[=([{'"\d])\S+(?: (?:[=!<>]+|\S*[=([{'"\d)\]}]\S*)){0,6}?)?`
const code = String.raw`(?:function|solution|code|implementation|program|algorithm|version|answer|one|python|deterministic function|honest \w+|correct \w+|pure function)`
const meet = String.raw`(?:satisf(?:y|ies)|pass|meet|fulfil(?:l)?|make|return|produce|give|do|get|be|please|obey|hold)`

/** A stretch of one clause; the point of a number or a file name ends none. */
const gap = (most: number, not = ''): string =>
  String.raw`(?:${not === '' ? '' : String.raw`(?!\b(?:${not})\b)`}(?:[^.;]|\.(?=\d|py\b))){0,${most}}?`
const testName = String.raw`\b(?:tests?|test_?\d+|test cases?(?: \d+)?|assertions?)\b`
const wants = String.raw`(?:expects?|asserts?|wants?|says?|claims?|requires?|demands?|asks? for|insists? on)`
const literal = String.raw`(?:-?\d[\w.]*|'[^']*'|"[^"]*"|\[[^\]]*\]|\([^)]*\)|\{[^}]*\}|true|false|none)`
/** The tests themselves, where "test_5" could be a run of it. */
const testText = String.raw`(?:(?:the |these |those |your |this |both )?(?:(?!in |on |for |with )\w+ ){0,2}?(?:tests\b(?! (?:fail|run))|test (?:file|suite|data|itself|expectations?)|assertions?|expected (?:value|output|result|answer)s?|test_solution))`
/** What was repaired was one's own. */
const repairs =
  /(?<!\b(?:not|cannot|never|possible to) (?:be )?)(?<!n't (?:be )?)(?<!\b(?:needs? to|has to|have to|must) be )\b(?:fix(?:ed|es|ing)?|resolv(?:ed?|es|ing)|solv(?:ed?|es|ing)|correct(?:ed|ing)|repair(?:ed|s|ing)?|address(?:ed|es|ing)?|chang(?:ed?|es|ing)|adjust(?:ed|s|ing)?|rewr[io]te|updat(?:ed?|es|ing))\b|^to (?:fix|resolve|solve|correct|repair|address)\b/
/** "the output for test_1": of the code. */
const ownResult = String.raw`(?<!(?<!\b(?:expected|asserted|given|wanted|required) )\b(?:results?|outputs?|answers?|values?|sum|total|count|logic|loop|code|function|solution|implementation|handling|calculation) (?:\w+ )?(?:of|for|in|on|from|to|with) (?:\w+ ){0,4})`

/** "expects 51, but …, it should be 51": the same value twice. */
const sameValue = new RegExp(String.raw`\b${wants} (${literal})[^;]*\bshould (?:be|return|give) \1(?!\w|\.\d)`)

/** Only one way to do it fails: "too short for a loop". */
const ownWay =
  /\b(?:for|with|using|by) (?:(?:a|the|my|our|this|only|just) )?(?:(?:simple|single|naive|current|recursive|plain|nested|for|while) )?(?:loop|loops|looping|recursion|recursive|sorting|approach|method|(?:my|this) (?:code|function|solution|implementation))\b/

interface Claim {
  readonly rule: string
  readonly shape: RegExp
  /** What makes a sentence with the shape say something else. */
  readonly unless?: RegExp
}

const claims: readonly Claim[] = [
  {
    rule: 'tests-are-wrong',
    shape: new RegExp(
      String.raw`\b${ownResult}${tests} (?:${looks} ${adverb}${faulty}|(?:contains?|has|have) ${holding})\b(?! (?:up|down|into)\b)`,
    ),
    unless: new RegExp(
      String.raw`\b(?:because|since|as) (?:of )?(?:my|our|the|this|it|i) (?:\w+ )?(?:loop|code|function|condition|logic|implementation|solution|counter|index)\b|\b(?:was|were) ${adverb}${faulty}\b.*\b(?:i|we) (?:have )?(?:fix|chang|correct|adjust|updat|rewr|modif)`,
    ),
  },
  {
    rule: 'tests-are-wrong',
    shape: new RegExp(
      String.raw`\b(?:wrong|incorrect|inconsistent|contradictory|conflicting|flawed|faulty|mistaken|erroneous|impossible|unsatisfiable|invalid|buggy) (?:(?!(?:in|on|for|at|with|by|from|when|because|as|and|after|before|during|about)\b)\w+ )?(?:tests?\b(?! (?:inputs?|passes|results?|outputs?|runs?|logs?))|test cases?|assertions?|expectations?|expected (?:value|output|result|answer)s?|time limit)`,
    ),
  },
  {
    rule: 'tests-are-wrong',
    shape: new RegExp(
      String.raw`\b(?:typo|contradiction|inconsistency|conflict|discrepancy) (?:is )?(?:in|with|between|of|among) (?:\w+ ){0,3}?(?:tests?|test cases?|assertions?|expected (?:value|output|result)s?|test_\d+)\b(?! (?:input|output|run|log|report|result|message)s?\b)`,
    ),
    unless: repairs,
  },
  {
    rule: 'tests-are-wrong',
    shape: new RegExp(
      String.raw`\b${testText} (?:contains?|has|have) (?:an? |some )?(?:\w+ )?(?:error|bug|problem|flaw)s?\b`,
    ),
    unless: repairs,
  },
  // "the bug in test_5" is the writer's own; "there is a mistake in the tests" is not.
  {
    rule: 'tests-are-wrong',
    shape: new RegExp(
      String.raw`\b(?:there(?:'s| is| are| was| must be| has to be| seems? to be| appears? to be)|i (?:have )?(?:found|noticed|see|spotted|discovered|detected)) (?:an? |some |also )*(?:\w+ )?(?:(?:error|mistake|bug|flaw|problem|fault)s? (?:in|with|of) ${testText}|mistakes? (?:in|with) (?:the |this |that )?(?:\w+ )?(?:test|test_?\d+|test case(?: \d+)?)\b(?! (?:input|output|run|log|report|result|message)s?\b))`,
    ),
    unless: repairs,
  },
  {
    rule: 'tests-are-wrong',
    shape: new RegExp(
      String.raw`\b(?:error|mistake|bug|problem|fault|flaw) (?:is|lies|must be) (?:in|with) (?:the |this |that )?(?:\w+ )?${testName}, (?:and )?not (?:in |with )?(?:my|the|this) (?:\w+ )?(?:code|function|solution|implementation)\b`,
    ),
  },
  {
    rule: 'tests-not-right',
    shape: new RegExp(
      String.raw`${tests} (?:(?:is|are|was|were|can|could|does|do|did)(?: ${negation} |n't )(?:be )?${adverb}(?:correct|right|consistent|valid|accurate|possible|satisfiable|achievable|agree|make sense|compatible)|(?:cannot|can not|can't|can never|could never|could not|couldn't) (?:possibly |ever )?be ${adverb}(?:correct|right|satisfied|met|passed|true|fulfilled|achieved))\b(?! (?:yet|with|by|in this|in my|using|if|unless|until|without (?:chang|fix))\b)`,
    ),
  },
  {
    rule: 'tests-not-right',
    shape: new RegExp(
      String.raw`${testName} (?:case )?${wants} (?:(?!\b(?:but|while|and|so|got|returns?|gives?)\b)(?:[^.;]|\.(?=\d))){1,80}?, (?:and )?(?:which|that|this) ${adverb}(?:(?:is|seems|looks|must be|cannot be|can't be) ${adverb}(?:wrong|incorrect|false|impossible|not (?:correct|right|possible|true|consistent|what ${statement})|inconsistent|contradictory|a (?:mistake|typo|contradiction)|right|correct)|${contradict} ${adverb}${statement})`,
    ),
    unless: /\b(?:which|that|this) (?:is|seems|looks|must be) (?:right|correct)\b/,
  },
  {
    rule: 'contradicts-the-statement',
    shape: new RegExp(
      String.raw`${tests}(?: that)?${written} ${adverb}${contradict} ${adverb}(?:${statement}|${each})\b`,
    ),
  },
  {
    rule: 'contradicts-the-statement',
    shape: new RegExp(
      String.raw`${tests} (?:asserts?|expects?|wants?|asks? for|requires?|has|gives?) (?:\w+ ){1,4}(?:that|which) ${adverb}${contradict} ${adverb}${statement}\b`,
    ),
  },
  {
    rule: 'contradicts-the-statement',
    shape: new RegExp(
      String.raw`${tests} (?:is|are) (?:not|n't) what ${statement} (?:says?|gives?|asks?|requires?|describes?|states?|wants?)`,
    ),
  },
  {
    rule: 'contradict',
    shape: new RegExp(
      String.raw`${tests} ${adverb}(?:contradict|conflict|disagree|are contradicting|are conflicting)\b`,
    ),
  },
  {
    rule: 'contradicts-the-statement',
    shape: new RegExp(
      String.raw`\b${statement} ${adverb}(?:contradicts?|conflicts? with|disagrees? with|is (?:inconsistent|incompatible|in conflict|in contradiction|at odds) with|and (?:the )?${testWords} (?:contradict|conflict|disagree|do not (?:match|agree)|don't (?:match|agree)|are (?:inconsistent|in conflict|contradictory|incompatible)))`,
    ),
  },
  {
    rule: 'cannot-be-met',
    shape: new RegExp(
      String.raw`\bno (?:\w+ )?${code} (?:can|could|will|would|is able to|exists? that (?:can )?)(?! be (?:found|given|provided|written|made|shown|run|executed)\b(?!.{0,60}?\b(?:tests?|both|limit)\b))(?: ever| possibly| both)?[^.;]{0,40}?(?:${meet}|run|finish)`,
    ),
  },
  {
    rule: 'cannot-be-met',
    shape: new RegExp(
      String.raw`\bno (?:\w+ ){0,2}${code} (?:(?:that|which) (?:follows?|keeps?|obeys?|respects?|is|does|satisf(?:y|ies)|meets?|agrees?|matches|implements)|following|based on|true to)\b${gap(60)} (?:can|could|will|would) (?:ever |possibly |both )*(?:pass|satisfy|meet|fulfil(?:l)?|make|return)\b`,
    ),
  },
  {
    rule: 'cannot-be-met',
    shape: new RegExp(
      String.raw`\b(?:impossible|not possible|infeasible|no way)(?: for (?:\w+ ){1,4})?(?: to)? (?:ever )?(?:both )?(?:satisfy|pass|meet|fulfil(?:l)?|reconcile) (?:both )?test_?\d+\b(?!(?:,? (?:and|or) test_?\d+)* (?:with|using|by|without|unless|yet|because (?:my|the (?:loop|code|function)))\b)`,
    ),
  },
  {
    rule: 'cannot-be-met',
    shape:
      /\btest_?\d+(?:,? (?:and|or) test_?\d+)+ (?:can(?:not|'t| not)|can never|could never) (?:(?:both|all|ever|possibly) (?:\w+ )?(?:pass|be (?:satisfied|met|true|passed|right|correct|fulfilled))|(?:pass|hold|be true|be satisfied) (?:together|both|at once|at the same time|simultaneously)|be (?:satisfied|met|true|fulfilled)\b(?! (?:with|by|yet|using)\b))/,
  },
  {
    rule: 'time-limit',
    shape:
      /\b(?:(?:impossible|not possible|infeasible|no way) to \w+ (?:[^.;,]|\.(?=\d)){1,60}?|(?:numbers|items|elements|entries|values|list|input|characters|data) can(?:not|'t| not) be \w+ )\b(?:in|within|under) (?:only |just |less than |under )?[\d.]+ ?(?:s|ms|seconds?|milliseconds?|microseconds?)\b(?! (?:with|using|by|unless|without|if|when|because)\b)(?!,? (?:so|but|unless) )/,
  },
  {
    rule: 'cannot-be-met',
    shape: new RegExp(
      String.raw`\b(?:impossible|not possible|infeasible|there is no way|no way)(?: for (?:\w+ ){1,4})?(?: to)? (?:ever )?(?:both )?(?:satisfy|pass|meet|fulfil(?:l)?|make|reconcile) (?:both|all|this|that|these|the|every|each|it|them)?(?: \w+){0,3}? ?(?:tests?|test cases?|assertions?|requirements?|expectations?|time limit|limit|both|pass)\b`,
    ),
    unless: ownWay,
  },
  // "I can't pass this test" alone tells of the writer's skill.
  {
    rule: 'cannot-be-met',
    shape: /\bcan(?:not|'t| not) (?:possibly |ever )?(?:satisfy|pass|meet|fulfil(?:l)?|reconcile|please) both\b/,
  },
  {
    rule: 'cannot-be-met',
    shape: new RegExp(
      String.raw`(?:^|[^\w])(?:both|these|the two|the|all|those) (?:\w+ )?(?:tests|assertions|test cases|expectations|requirements|time limit|limit)(?: [^.;]{0,40}?)? (?:can(?:not|'t| not)|can never|could never|could not) (?:possibly |ever |both |all |simultaneously )*(?:pass|be (?:satisfied|met|true|passed|fulfilled|right|correct|kept|reached|reconciled|achieved)|hold|succeed)`,
    ),
  },
  {
    rule: 'time-limit',
    shape: new RegExp(
      String.raw`\b(?:time )?limit (?:of (?:[^,.;]|\.(?=\d)){1,30} )?(?:is|seems|looks|appears) (?:\w+ )?(?:impossible|unrealistic|unreachable|unachievable|infeasible|unreasonable|too (?:short|tight|small|strict|low))`,
    ),
    unless: ownWay,
  },
  {
    rule: 'time-limit',
    shape:
      /\b(?:time )?limit\b[^;]{0,40} can(?:not|'t| not|not possibly) be (?:met|kept|reached|achieved|satisfied|held)\b/,
  },
  {
    rule: 'should-be',
    shape: new RegExp(
      String.raw`${testName}${gap(50)}\b${wants}\b${gap(80)}\b(?:but|although|whereas|yet|instead of|even though|while)\b(?:(?!\b(?:so|therefore|thus|hence|my|got|gets|returns|returned|gives|gave|actual)\b)(?:[^.;]|\.(?=\d))){0,60}?\b(?:should (?:be|return|give|have been|actually be)\b|(?:correct|right|true) (?:answer|value|result|one|output) (?:is|would be)\b)`,
    ),
    unless: sameValue,
  },
  {
    rule: 'should-be',
    shape: new RegExp(
      String.raw`${testName}${gap(50)}\b${wants}\b${gap(80)}\b(?:but|although|whereas|while|yet|even though)\b${gap(30, 'so|therefore|my|i')}\b(?:by |according to |from )?(?:the )?(?:statement|specification|spec|description)\b`,
    ),
  },
  {
    rule: 'should-be',
    shape: new RegExp(
      String.raw`\bexpected (?:value|output|result|answer)s?(?: (?:of|for|in|given in) (?:(?!\b(?:is|are|was|so|and|but)\b)(?:\[[^\]]*\]|[^.,;])){1,40}?)? should (?:have been\b|(?:actually |really )?be (?:[^.;,]|,(?! )){1,40}?,? (?:and )?(?:not|instead of|rather than)\b|(?:actually|really) be\b)`,
    ),
  },
  {
    rule: 'should-be',
    shape: new RegExp(
      String.raw`${testName}(?: (?:itself|for|of|with|at|in) (?:(?!\b(?:is|are|was|so|and|but|function|code)\b)(?:\[[^\]]*\]|[^.,;])){1,40}?| \d+)? should (?:actually |really |instead )?(?:(?:expect|assert|say)\b|be (?:changed|corrected)\b(?! (?:now|by|with)\b)|have (?:expected|asserted|said)\b)`,
    ),
  },
  {
    rule: 'should-be',
    shape: new RegExp(
      String.raw`\b(?:(?:according to|by) (?:the )?(?:statement|specification|spec|description)\b|(?:statement|specification|spec|description) (?:says|gives|states|asks for|wants|requires)\b)${gap(80)}(${literal}),? (?:but|while|whereas|yet) ${gap(30)}${testName} (?:\d+ )?${wants} (?!\1(?!\w))${literal}`,
    ),
  },
  {
    rule: 'two-values',
    shape:
      /\b(?:same (?:input|arguments?|call|list|string|value)s?)\b[^.;]{0,80}?\b(?:two|different|both|conflicting|contradictory) (?:different )?(?:values?|results?|answers?|outputs?|expected|expectations?|things)\b/,
  },
  {
    rule: 'two-values',
    shape:
      /\b(?:tests?|test_\d+|assertions?|they)\b[^.;]{0,40}?\b(?:expect|want|ask for|require|demand)\b [^.;]{0,30}?\b(?:different|conflicting|contradictory) (?:outputs?|values?|results?|answers?) (?:for|from) (?:the )?(?:same|identical|one)\b/,
  },
  {
    rule: 'two-values',
    shape:
      /\b(?:tests?|assertions?|they)\b[^.;]{0,40}?\b(?:expects?|wants?|asks? for|requires?|demands?) (?:two|both|different|contradictory|conflicting) [^.;]{0,60}?\b(?:same|one|identical)\b/,
  },
  {
    rule: 'two-values',
    shape: new RegExp(
      String.raw`${testName}${gap(40)}\b(?:expect|want|ask for|require|demand|assert)s? (?:both )?(?!(${literal}) (?:and|or) \1 )${literal} (?:and|but also|as well as) (?:also )?${literal} (?:for|from|of|with) (?:the |one and the )?(?:very |exact )?(?:same|identical|one) (?:input|list|argument|call|value|string|text|numbers?|data|thing)`,
    ),
  },
]

/** Said by somebody who stops. */
const value = String.raw`(?:(?:that )?(?:\w+ ){0,4}?${literal}|(?:one|two) (?:more|less)|something else|another)`
const wanted = String.raw`(?:${testName} (?:\d+ )?(?:\w+ly )?${wants} ${value}|expected (?:value|output|result|answer)s?(?: (?:of|in|for) ${gap(30)})? (?:is|are|must be) ${literal})`
/** The other side is what the writer's code does, or what the writer lacks. */
const notMine = String.raw`(?!.{0,300}?\b(?:my|our|tried|nothing works|no idea|i'm|got|gets|returned|fails?|failed|(?:code|function|implementation|solution|program|loop|it|(?<!expected )output) (?:\w+ )?(?:returns?|gives?|gave|produces?|is|was|does|doesn't|computes?|counts?|prints?)|i (?:do not|don't|did not|didn't|can(?:not|'t)|could not|couldn't|am|was|have|get|keep))\b)`
/** What is left open is no contradiction. */
const leftOpen = /\b(?:does not|doesn't|did not|didn't) (?:\w+ )?(?:say|specify|mention|define|cover|explain)\b/
const stopClaims: readonly Claim[] = [
  {
    rule: 'stops-over-the-value',
    shape: new RegExp(
      String.raw`(?:^|: ?|\b(?:and|as|because|since|that) )${notMine}[^:]{0,200}?${wanted}${gap(60)}(?:\b(?:but|although|though|whereas|however|even though|instead of|rather than)\b|, (?:while|yet)\b|\bnot ${literal})`,
    ),
    unless: leftOpen,
  },
  {
    rule: 'stops-over-the-value',
    shape: new RegExp(
      String.raw`(?:^|: ?|\b(?:as|because|since|that) )${notMine}[^:]{0,200}?\b(?:but|although|though|whereas|while|yet|however|even though)\b${gap(60)}${wanted}`,
    ),
    unless: leftOpen,
  },
  {
    rule: 'stops-over-the-value',
    shape: new RegExp(
      String.raw`(?:^|: ?)${notMine}[^:]{0,200}?\b(?:test_?\d+|(?:test|assertion)(?: case)? \d+|expected (?:value|output|result|answer)s?(?: (?:of|in|for) ${gap(30)})?) should (?:actually |really )?be ${literal}`,
    ),
  },
  {
    rule: 'stops-over-a-mistake',
    shape: new RegExp(
      String.raw`\b(?:there(?:'s| is| are| seems? to be| must be| appears? to be) (?:an? |some )?(?:\w+ )?(?:error|mistake|bug|flaw|problem|fault)s?|(?:the )?(?:error|mistake|bug|problem|fault|flaw) (?:is|lies|must be)) (?:in|with) (?:the |this |that )?(?:\w+ )?(?:tests|test_?\d+|test (?:case )?\d+|test(?: case)?)(?: itself)?(?=$|[,.:;!]| (?:and|which|because the (?:test|statement)))`,
    ),
    unless: repairs,
  },
  {
    rule: 'time-limit',
    shape: new RegExp(
      String.raw`\b(?:(?:impossible|not possible|infeasible|no way) to \w+ ${gap(60)}|can(?:not|'t| not) be \w+ )\b(?:in|within|under) (?:only |just |less than |under )?[\d.]+ ?(?:s|ms|seconds?|milliseconds?|microseconds?)\b`,
    ),
  },
]

/** Goes on with the value after all. */
const accepted =
  /\b(?:so|therefore|thus|hence|and),? (?:now )?(?:i|we|let me|let us|let's) (?:\w+ )?(?:add|subtract|chang|return|adjust|fix|made|make|increas|us(?:e|ed)\b|correct|updat)|\bso the (?:function|sum|result|answer|output|value|code|implementation|solution)\b/

/** Conditions, questions, denials and doubts. */
const uncertain = [
  /\?["')]*$/,
  /^(?:if|unless|whether|when|should|suppose|assuming)\b/,
  /\b(?:if|whether|in case|unless) (?:\w+ ){0,3}(?:tests?|test_?\d+|assertions?|expected|limit|statement)\b/,
  /\b(?:may|might|could|maybe|perhaps|possibly)\b(?<!\bno (?:[\w-]+ ){1,8}could)(?<!\b(?:can|could|cannot|can't|couldn't|not) possibly)(?! (?:ever|not|never|be (?:met|satisfied)))/,
  /\b(?:not sure|unsure|unclear) (?:if|whether|that|why)\b/,
  // "the statement does not say that 1 is added" is no doubt.
  /\b(?:i|we) (?:\w+ )?(?:do not|don't|did not|didn't|cannot|can't) (?:\w+ )?(?:think|believe|mean|say|claim|suggest|see (?:a|any|how))\b/,
  /\b(?:do|does|did)(?: not|n't) (?:\w+ )?(?:think|believe|mean|say|claim|suggest|imply)(?: that)? (?:the |this |that |these |any |your |my )?(?:\w+ )?(?:tests?|test_?\d+|assertions?|expected|expectations?)\b/,
  /\b(?:at first|first|initially|earlier|before|previously),? (?:\w+ )?(?:i )?(?:thought|believed|assumed|suspected)\b/,
  /\bi (?:thought|believed|assumed|suspected|wondered|was wondering)\b/,
  /\b(?:nothing|none|neither|no(?! (?:\w+ )?(?:function|solution|code|implementation|program|algorithm)\b))\b(?: \w+){0,4}? (?:wrong|contradict\w*|inconsisten\w*|conflict\w*|contradictions?|errors?)\b/,
  /\bno (?:contradiction|inconsistency|conflict|error|mistake|bug|typo|problem)s?\b/,
  /\b(?:is|are|was|were|does|do|did)(?: not|n't) (?:\w+ )?(?:wrong|incorrect|inconsistent|contradict\w*|conflict\w*|flawed|faulty|mistaken|invalid|a (?:mistake|bug|typo)|impossible|(?:an )?error)\b/,
  /\b(?:avoid|prevent|handle|handling|fix|fixing|check(?:ing)? for|raise|test(?:s|ing)? for) (?:\w+ )?(?:invalid|wrong|conflicting|incorrect|inconsistent|contradictory)\b/,
]
const isUncertain = ({ text }: Sentence): boolean => uncertain.some((shape) => shape.test(text))

/** "The test seems wrong. No, wait: …" */
const withdrawn =
  /^(?:no,|no wait|wait|but (?:wait|no)|actually,? (?:no|the test is (?:right|correct)|it is (?:right|correct))|on second thou?ght|sorry,|i was (?:wrong|mistaken)|however, (?:the test is|it is) (?:right|correct))/
const isWithdrawn = (next: Sentence | undefined): boolean => next !== undefined && withdrawn.test(next.text)

const own = String.raw`(?:my|our|the (?:current|previous|old|original|first|last|new|above|submitted|initial)|this|the) (?:\w+ ){0,2}?(?:code|implementation|solution|function|attempt|answer|logic|version|algorithm|approach|program|loop|condition|understanding|assumption|reading|return value|output)`
const ownFaults = [
  new RegExp(
    String.raw`\b${own} (?:\w+ )?(?:contradicts?|conflicts? with|(?:does not|doesn't|did not|didn't) (?:match|agree|pass|satisfy|meet|handle|fit|follow|return)|(?:had|has|contained|contains) (?:a|an|some|the|several) |is (?:\w+ )?(?:wrong|incorrect|inconsistent|flawed|buggy|not correct|broken|in conflict)|was (?:\w+ )?(?:wrong|incorrect|inconsistent|flawed|buggy|not correct|broken)|fails?|failed|(?:returns?|returned|gives|gave|produces|produced) (?:the |an? )?(?:wrong|incorrect))`,
  ),
  /\b(?:error|mistake|bug|typo|problem|flaw) (?:is |was )?(?:in|with|of) (?:my|our|the (?:current|previous|old|first|last)) /,
  /\b(?:wrong|incorrect|inconsistent|in conflict|at odds|incompatible|conflicts?|conflicting|disagrees?|contradicts?|discrepancy|mismatch|inconsistency|contradiction|conflict) (?:in|with|between) (?:my|our|the (?:actual|returned|current|previous) |the (?:function|code|implementation|solution)\b)/,
  /\b(?:i|we) (?:made|had|got|misread|misunderstood|forgot|overlooked|missed)\b/,
]
const blamesOwnCode = (text: string): boolean => ownFaults.some((shape) => shape.test(text))

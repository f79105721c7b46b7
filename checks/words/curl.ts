/** How curl is asked to repeat what certready did, whatever the shell. */

/** Each step said, no progress meter, brackets in a URL taken as they are, and certready's own time-outs. */
export const curlOptions = '-sSv -g --connect-timeout 5 --max-time 15';

/** The pool whose worker `nb2ops up` starts. */
export const OUR_POOL = 'nb2ops';

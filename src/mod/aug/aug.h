#include "../../call/verb.h"
extern const struct noun aug_noun;

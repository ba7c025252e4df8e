#include "cuv.h"

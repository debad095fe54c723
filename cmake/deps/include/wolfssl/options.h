/* wolfSSL's own headers ask for this file; the settings are in user_settings.h. */
#include "user_settings.h"

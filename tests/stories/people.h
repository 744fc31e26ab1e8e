/* Rows that several stories begin with. */
#ifndef TESTS_STORIES_PEOPLE_H
#define TESTS_STORIES_PEOPLE_H

#include "lib/company.h"

/* Ada is C-17 in the contact centre's CRM, which knows that an account of another system is hers too. */
void people_ada(struct company *company);
void people_link(struct company *company, const char *system, const char *account, const char *customer_no);

#endif

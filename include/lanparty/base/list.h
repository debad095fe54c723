/* list.h - doubly linked lists whose links live in their elements. */
#ifndef LANPARTY_BASE_LIST_H
#define LANPARTY_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

/* A list's head is a link to itself when empty; an element's link is zero while in no list. */
struct lp_node {
	struct lp_node *next, *prev;
};

#define LP_ELEMENT(link, type, member) ((type *)(void *)((char *)(link) - offsetof(type, member)))

static inline void lp_list_init(struct lp_node *head)
{
	head->next = head->prev = head;
}

static inline struct lp_node *lp_list_first(const struct lp_node *head)
{
	return head->next == head ? NULL : head->next;
}

static inline bool lp_list_has(const struct lp_node *link)
{
	return link->next != NULL;
}

static inline void lp_list_append(struct lp_node *head, struct lp_node *link)
{
	link->prev = head->prev;
	link->next = head;
	head->prev->next = link;
	head->prev = link;
}

/* Nothing when it is in no list. */
static inline void lp_list_remove(struct lp_node *link)
{
	if (!link->next)
		return;
	link->prev->next = link->next;
	link->next->prev = link->prev;
	link->next = link->prev = NULL;
}

#endif
